// SPDX-License-Identifier: GPL-2.0-or-later
// A command that fails returns its errno, removes the file that it created, and
// loses no change: the next inc has all since the last one that succeeded.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/checkpointer.h"
#include "support/fifo.h"
#include "support/file_size_limit.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

/// A checkpoint, then a change, then @fail, then another change: the next inc
/// must have both.
class Scene {
 public:
  Scene() {
    fill(area, 1);
    REQUIRE_EQ(self.full(area.range(), "base"), 0);
    chain.add("base");
    touch(area.page(3));
  }
  ~Scene() {
    for (const char* path : {"base", "next", "last"}) unlink(path);
  }

  void expect_nothing_lost() {
    touch(area.page(200));
    REQUIRE_EQ(self.inc(area.range(), "next"), 0);
    chain.add("next");
    chain.expect_equals_memory(area.range());
    const std::string pages = picture("next", area.range());
    EXPECT_EQ(pages[3], 'D');
    EXPECT_EQ(pages[200], 'D');
    // And from here on it goes by changes again.
    touch(area.page(17));
    REQUIRE_EQ(self.inc(area.range(), "last"), 0);
    EXPECT_EQ(count(picture("last", area.range()), 'D'), 1u);
    chain.add("last");
    chain.expect_equals_memory(area.range());
  }

  Area area{256};
  Checkpointer self;
  ImageChain chain;
};

class SmallFileSystem {
 public:
  SmallFileSystem() {
    mkdir("small", 0700);
    REQUIRE_CALL(mount("tmpfs", "small", "tmpfs", 0, "size=256k"));
  }
  SmallFileSystem(const SmallFileSystem&) = delete;
  SmallFileSystem& operator=(const SmallFileSystem&) = delete;
  ~SmallFileSystem() { umount("small"); }
};

}  // namespace

TEST_CASE(a_full_file_system) {
  SmallFileSystem small;
  Scene scene;
  fill(scene.area, 2);  // so that the inc is large, too
  EXPECT_EQ(errno_text(scene.self.inc(scene.area.range(), "small/inc")), "ENOSPC");
  EXPECT(!exists("small/inc"));
  EXPECT_EQ(errno_text(scene.self.full(scene.area.range(), "small/full")), "ENOSPC");
  EXPECT(!exists("small/full"));
  EXPECT_EQ(scene.self.status().text("last.status"), "ENOSPC");
  scene.expect_nothing_lost();
}

TEST_CASE(the_space_of_a_failed_file_is_free_again) {
  SmallFileSystem small;
  Area area(256), little(4);
  fill(area, 1);
  fill(little, 2);
  Checkpointer self;
  for (int i = 0; i < 20; i++)
    EXPECT_EQ(errno_text(self.full(area.range(), "small/large")), "ENOSPC");
  EXPECT_EQ(errno_text(self.full(little.range(), "small/little")), "0");
}

TEST_CASE(the_file_size_limit) {
  Scene scene;
  fill(scene.area, 3);
  signal(SIGXFSZ, SIG_IGN);
  {
    FileSizeLimit limit(100000);
    EXPECT_EQ(errno_text(scene.self.inc(scene.area.range(), "limited")), "EFBIG");
  }
  EXPECT(!exists("limited"));
  scene.expect_nothing_lost();
}

TEST_CASE(a_device_that_is_full) {
  Scene scene;
  // It takes no batches in some kernels: that is an errno as good as any.
  int error = scene.self.inc(scene.area.range(), "/dev/full");
  EXPECT(error == ENOSPC || error == EINVAL, errno_text(error));
  EXPECT(exists("/dev/full"), "was removed");
  scene.expect_nothing_lost();
}

TEST_CASE(a_reader_that_goes_away) {
  Scene scene;
  fill(scene.area, 4);
  {
    Fifo fifo("fifo");
    CommandProcess command(getpid(), command_text("inc", scene.area.range(), fifo.path()));
    fifo.wait_for_data(command);
    fifo.read_some(4096);
    touch(scene.area.page(5));
    fifo.close_reader();
    EXPECT_EQ(errno_text(command.result()), "EPIPE");
    EXPECT(exists("fifo"), "was not created by the command, so not its to remove");
  }
  scene.expect_nothing_lost();
}

TEST_CASE(a_writer_that_is_killed_while_it_writes) {
  Scene scene;
  fill(scene.area, 5);
  {
    Fifo fifo("fifo");
    CommandProcess command(getpid(), command_text("inc", scene.area.range(), fifo.path()));
    fifo.wait_for_data(command);
    touch(scene.area.page(6));
    command.kill();
    EXPECT_EQ(command.result(), -SIGKILL);
  }
  scene.expect_nothing_lost();
}

TEST_CASE(a_writer_that_is_killed_at_any_moment) {
  Scene scene;
  int killed = 0;
  for (int i = 0; another_round(i, scaled(40, 8), killed > 0); i++) {
    const std::string path = "killed" + std::to_string(i);
    for (std::size_t page = 0; page < scene.area.pages(); page += 2) touch(scene.area.page(page));
    CommandProcess command(getpid(), command_text("inc", scene.area.range(), path));
    usleep(static_cast<useconds_t>(i * 777 % 20000));
    touch(scene.area.page(1));
    command.kill();
    if (command.result() == 0) {
      scene.chain.add(path);
      continue;
    }
    killed++;
    EXPECT_EQ(command.result(), -SIGKILL);
    // Killed behind its last step it may have left a file, which is complete
    // and part of the chain then.
    if (exists(path)) scene.chain.add(path);
  }
  EXPECT(killed > 0, "none was killed in time");
  scene.expect_nothing_lost();
}

TEST_CASE(files_are_not_removed_that_were_there_before) {
  Scene scene;
  int fd = open("mine", O_CREAT | O_WRONLY, 0600);
  REQUIRE_CALL(fd);
  close(fd);
  EXPECT_EQ(errno_text(scene.self.inc(scene.area.range(), "mine")), "EEXIST");
  EXPECT(exists("mine"));
  scene.expect_nothing_lost();
}
