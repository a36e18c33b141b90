// SPDX-License-Identifier: GPL-2.0-or-later
// The functions behind operation.cpp's table, by the files that have them.
#pragma once

#include "operation.h"

#define OPERATION(name) bool name(World& world, const Operation& operation)

namespace test::random {

// stores.cpp: by the process itself
OPERATION(store);
OPERATION(fill_pages);
OPERATION(store_bytes);
OPERATION(store_zeros);
OPERATION(look);

// writers.cpp: by the kernel
OPERATION(process_vm);
OPERATION(mem_file);
OPERATION(poke);
OPERATION(splice_in);
OPERATION(splice_out);
OPERATION(read_pipe);
OPERATION(read_file);
OPERATION(read_direct);
OPERATION(receive);

// mappings.cpp
OPERATION(unmap);
OPERATION(map_anonymous);
OPERATION(map_shared);
OPERATION(map_file);
OPERATION(map_huge);
OPERATION(move);
OPERATION(move_tables);
OPERATION(move_and_keep);
OPERATION(shrink);
OPERATION(grow);
OPERATION(grow_down);
OPERATION(protect);

// hugetlb.cpp
OPERATION(map_hugetlb);
OPERATION(move_hugetlb);
OPERATION(protect_hugetlb);
OPERATION(drop_hugetlb);
OPERATION(write_hugetlb);
OPERATION(write_hugetlb_memfd);
OPERATION(punch_hugetlb_memfd);

// objects.cpp: what is mapped changes elsewhere
OPERATION(write_memfd);
OPERATION(punch_memfd);
OPERATION(truncate_memfd);
OPERATION(write_mapped_file);
OPERATION(truncate_mapped_file);

// advice.cpp
OPERATION(drop);
OPERATION(free_lazily);
OPERATION(page_out_pages);
OPERATION(cool);
OPERATION(huge_or_not);
OPERATION(collapse);
OPERATION(populate_read);
OPERATION(populate_write);
OPERATION(lock);
OPERATION(unlock);
OPERATION(merge);
OPERATION(unmerge);
OPERATION(wipe_on_fork);
OPERATION(soft_offline);
OPERATION(compact);
OPERATION(swap_off_or_on);

// faults.cpp: userfaultfd
OPERATION(fault_in);
OPERATION(fault_in_moved);
OPERATION(write_protected);

// children.cpp
OPERATION(child_writes);
OPERATION(vfork_writes);
OPERATION(child_stays);

// rings.cpp: io_uring
OPERATION(ring_register);
OPERATION(ring_read);
OPERATION(ring_close);

// checkpoint_operations.cpp
OPERATION(full);
OPERATION(inc);
OPERATION(inc_again);
OPERATION(inc_exists);
OPERATION(inc_limited);
OPERATION(inc_no_space);
OPERATION(inc_full_device);
OPERATION(inc_killed);
OPERATION(stream_begin);
OPERATION(stream_end);
OPERATION(clear_refs);
OPERATION(forget);
OPERATION(compare_memory);

// planted.cpp
OPERATION(untold_store);
OPERATION(unapplied_page);

}  // namespace test::random
