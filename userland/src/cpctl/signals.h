// SPDX-License-Identifier: GPL-2.0-or-later
// Signals that must not end cpctl in the dark.
#pragma once

namespace cpctl {

/// SIGINT, SIGTERM, SIGHUP: end it as ever, without a temporary file behind.
/// SIGBUS: an image was shortened while it was read; ends with status 3.
/// SIGXFSZ: ignored, so that a file size limit is an error with a name.
void handle_signals();

/// SIGINT, SIGTERM, SIGHUP end it at once, as if handle_signals() had not been
/// called: only a signal that kills interrupts what the kernel is writing.
void let_signals_kill();

}  // namespace cpctl
