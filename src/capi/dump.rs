// SPDX-License-Identifier: GPL-2.0-or-later
//! `fsn_dump()`: all groups with their marks and queues, for people.

use super::checked::entry;
use crate::abi::{fsnotify_event, fsnotify_group, fsnotify_mark, list_head};
use crate::host::process::fields::Object;
use crate::notify::group_state;
use crate::notify::lock_order::lock_group;
use core::ffi::c_void;
use core::fmt::{self, Write};
use core::ptr;
use core::sync::atomic::Ordering::Relaxed;

/// Queued events that are shown of each group.
const EVENTS: usize = 16;

/// Text into a stream of the C library.
struct Stream(*mut libc::FILE);

impl Write for Stream {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // SAFETY: the caller of `fsn_dump()` passed an open stream; the text is `text.len()` bytes long.
        let written = unsafe { libc::fwrite(text.as_ptr().cast::<c_void>(), 1, text.len(), self.0) };
        if written == text.len() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

/// Writes all groups, the marks of each and the head of its queue to a stream, as text whose form may change.
///
/// Takes each group's `mark_mutex` and `notification_lock` in turn, so no lock may be held; the group is referenced while it is
/// written. Returns 0, `-EINVAL` for a NULL stream, or `-EIO` if the stream does not take the text.
///
/// # Safety
///
/// `stream` is NULL or an open stream.
#[no_mangle]
pub unsafe extern "C" fn fsn_dump(stream: *mut libc::FILE) -> core::ffi::c_int {
    if stream.is_null() {
        return -libc::EINVAL;
    }
    let mut out = Stream(stream);
    let mut result = Ok(());
    group_state::for_each(|group| {
        if result.is_ok() {
            result = dump_group(&mut out, group);
        }
    });
    result.map_or(-libc::EIO, |()| 0)
}

fn dump_group(out: &mut Stream, group: &fsnotify_group) -> fmt::Result {
    // One of the references is the dump's own.
    let refs = group.refcnt.read().wrapping_sub(1);
    writeln!(
        out,
        "group {:p} refs={} priority={} flags={:#x} queued={} max_events={} user_waits={}{}",
        group.as_ptr(),
        refs,
        group.priority.load(Relaxed),
        group.flags.load(Relaxed),
        group.q_len.load(Relaxed),
        group.max_events.load(Relaxed),
        group.user_waits.counter.load(Relaxed),
        if group.shutdown.load(Relaxed) { " shutdown" } else { "" },
    )?;
    dump_marks(out, group)?;
    dump_queue(out, group)
}

fn dump_marks(out: &mut Stream, group: &fsnotify_group) -> fmt::Result {
    let mut held = entry();
    let group = lock_group(&mut held, group);
    let head = ptr::from_ref(&group.marks_list).cast_mut();
    let mut link = group.marks_list.next.load(Relaxed);
    while link != head {
        // SAFETY: the links of `marks_list` are those of live marks while the mutex is held.
        let mark = unsafe { crate::abi::list::entry!(link, fsnotify_mark, g_list) };
        // SAFETY: as above.
        let mark = unsafe { &*mark };
        write!(
            out,
            "  mark {:p} refs={} mask={:#x} ignore={:#x} flags={:#x}",
            mark.as_ptr(),
            mark.refcnt.read(),
            mark.mask.load(Relaxed),
            mark.ignore_mask.load(Relaxed),
            mark.flags.load(Relaxed),
        )?;
        match mark.connector().and_then(|conn| conn.object()) {
            Some(Object::Inode(inode)) => {
                // SAFETY: set before the inode is used.
                let ino = unsafe { *inode.i_ino.get() };
                writeln!(out, " inode {:p} ino={ino}", ptr::from_ref(inode))?;
            }
            Some(Object::Mount(mount)) => writeln!(out, " mount {:p}", ptr::from_ref(mount))?,
            Some(Object::Sb(sb)) => writeln!(out, " superblock {:p}", ptr::from_ref(sb))?,
            None => writeln!(out, " no object")?,
        }
        link = mark.g_list.next.load(Relaxed);
    }
    Ok(())
}

fn dump_queue(out: &mut Stream, group: &fsnotify_group) -> fmt::Result {
    let mut events = [ptr::null_mut::<list_head>(); EVENTS];
    let mut shown = 0;
    group.notification_lock.lock();
    let head = ptr::from_ref(&group.notification_list).cast_mut();
    let mut link = group.notification_list.next.load(Relaxed);
    while link != head && shown < EVENTS {
        events[shown] = link;
        shown += 1;
        // SAFETY: queued events are alive while the queue's lock is held.
        link = unsafe { (*link).next.load(Relaxed) };
    }
    let more = link != head;
    // SAFETY: taken above.
    unsafe { group.notification_lock.unlock() };
    let overflow = group.overflow_event.load(Relaxed);
    for event in &events[..shown] {
        let event = event.cast::<fsnotify_event>();
        writeln!(out, "  event {event:p}{}", if event == overflow { " overflow" } else { "" })?;
    }
    if more {
        writeln!(out, "  ...")?;
    }
    Ok(())
}
