// SPDX-License-Identifier: GPL-2.0-or-later
//! Path walk (`fs/namei.c`), always with references: from a path to a place, or to the directory of its last name.
//!
//! A symbolic link's text is used while the link itself is kept. One in the middle of a path is kept on a stack with what
//! follows it, until the last name of its text has been looked up; one at the end, which the walk begins again with, is
//! kept by [`Walk::walk_whole`].

use super::dentry::dget_parent;
use super::dentry_move::is_subdir;
use super::fs_struct::{self, Which};
use super::lookup::{can_lookup, check, is_negative, lookup};
use super::mount::real_mount;
use super::namespace::{choose_mountpoint, cross};
use super::permission::{inode_permission, MAY_EXEC};
use super::place::{Entry, Place};
use crate::abi::*;
use core::ffi::{c_int, CStr};
use core::ptr;
use core::sync::atomic::Ordering::Relaxed;

/// `mnt_flags`: symbolic links are not followed.
const MNT_NOSYMFOLLOW: c_int = 0x80;

/// Where a relative path begins.
pub enum Base {
    /// The working directory.
    Cwd,
    /// A place.
    At(Place),
    /// A place that is the root of this walk as well.
    Root(Place),
}

/// A path's last part.
pub struct Last<'a> {
    /// `FSN_LAST_*`.
    pub kind: c_int,
    /// Its bytes.
    pub name: &'a [u8],
    /// Slashes come after it.
    pub slash: bool,
}

/// A symbolic link whose text is in use.
struct Link {
    place: Place,
    done: delayed_call,
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(done) = self.done.r#fn {
            // SAFETY: set by `get_link` of the link, which is still referenced.
            unsafe { done(self.done.arg) };
        }
    }
}

/// A step onto a symbolic link: the link, and the text to go on with.
struct Jump<'a> {
    link: Link,
    text: &'a [u8],
}

/// Links in the middle of a path, each with what comes after it.
struct Stack<'a> {
    links: [Option<(Link, &'a [u8])>; FSN_MAXSYMLINKS as usize],
    depth: usize,
}

impl<'a> Stack<'a> {
    fn new() -> Self {
        Self { links: [const { None }; FSN_MAXSYMLINKS as usize], depth: 0 }
    }

    fn push(&mut self, link: Link, rest: &'a [u8]) {
        self.links[self.depth] = Some((link, rest));
        self.depth += 1;
    }

    fn pop(&mut self) -> Option<(Link, &'a [u8])> {
        self.depth = self.depth.checked_sub(1)?;
        self.links[self.depth].take()
    }
}

fn without_slashes(text: &[u8]) -> &[u8] {
    let n = text.iter().take_while(|c| **c == b'/').count();
    &text[n..]
}

/// The first name of a path, and what comes after its slashes.
fn first<'a>(text: &'a [u8]) -> (Last<'a>, &'a [u8]) {
    let end = text.iter().position(|c| *c == b'/').unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    let kind = match name {
        b"." => FSN_LAST_DOT,
        b".." => FSN_LAST_DOTDOT,
        _ => FSN_LAST_NORM,
    };
    (Last { kind, name, slash: !after.is_empty() }, without_slashes(after))
}

/// A walk on its way.
struct Walk {
    at: Place,
    root: Option<Place>,
    flags: u32,
    links: u32,
}

impl Walk {
    fn begin(base: Base, text: &[u8], flags: u32) -> Result<Self, c_int> {
        let absolute = text.first() == Some(&b'/');
        let (at, root) = match base {
            Base::Root(place) => (place.clone(), Some(place)),
            _ if absolute => {
                let root = fs_struct::get(Which::Root).ok_or(-libc::ENOENT)?;
                (root.clone(), Some(root))
            }
            Base::Cwd => (fs_struct::get(Which::Pwd).ok_or(-libc::ENOENT)?, None),
            Base::At(place) => (place, None),
        };
        if !text.is_empty() && !can_lookup(at.dentry()) {
            return Err(-libc::ENOTDIR);
        }
        Ok(Self { at, root, flags, links: 0 })
    }

    /// What "/" is, and what ".." does not go beyond.
    fn root(&mut self) -> Result<Place, c_int> {
        if self.root.is_none() {
            self.root = fs_struct::get(Which::Root);
        }
        self.root.clone().ok_or(-libc::ENOENT)
    }

    /// Walks to the directory of the last name.
    fn walk_parent<'a>(&mut self, text: &'a [u8]) -> Result<Last<'a>, c_int> {
        let mut rest = without_slashes(text);
        if rest.is_empty() {
            return Ok(Last { kind: FSN_LAST_ROOT, name: rest, slash: false });
        }
        let mut stack = Stack::new();
        loop {
            self.may_search()?;
            let (name, after) = first(rest);
            let (_used_up, next) = if !after.is_empty() {
                (None, after)
            } else if let Some((link, after)) = stack.pop() {
                (Some(link), after)
            } else {
                return Ok(name);
            };
            match self.step(&name, true)? {
                Some(Jump { link, text }) => {
                    stack.push(link, next);
                    rest = text;
                }
                None if !can_lookup(self.at.dentry()) => return Err(-libc::ENOTDIR),
                None => rest = next,
            }
        }
    }

    /// Walks the whole path.
    fn walk_whole(&mut self, text: &[u8]) -> Result<(), c_int> {
        let mut text = text;
        let mut _kept = None;
        loop {
            let last = self.walk_parent(text)?;
            if last.kind == FSN_LAST_NORM && last.slash {
                self.flags |= FSN_LOOKUP_FOLLOW | FSN_LOOKUP_DIRECTORY;
            }
            let follow = self.flags & FSN_LOOKUP_FOLLOW != 0;
            let Some(jump) = self.step(&last, follow)? else { break };
            text = jump.text;
            _kept = Some(jump.link);
        }
        if self.flags & FSN_LOOKUP_MOUNTPOINT != 0 {
            let here = Entry::of(self.at.dentry());
            self.enter(here)?;
        }
        if self.flags & FSN_LOOKUP_DIRECTORY != 0 && !can_lookup(self.at.dentry()) {
            return Err(-libc::ENOTDIR);
        }
        Ok(())
    }

    fn may_search(&self) -> Result<(), c_int> {
        // SAFETY: the place has a reference on the dentry.
        match unsafe { self.at.dentry().inode() } {
            Some(dir) => inode_permission(dir, MAY_EXEC),
            None => Err(-libc::ENOENT),
        }
    }

    /// One name further; `Some` if that is a symbolic link to follow.
    fn step<'a>(&mut self, name: &Last<'_>, follow: bool) -> Result<Option<Jump<'a>>, c_int> {
        match name.kind {
            FSN_LAST_NORM => {
                let entry = lookup(self.at.dentry(), name.name, self.flags)?;
                let place = self.seen_from_here(entry)?;
                if follow && is_symlink(place.dentry()) {
                    return self.jump(place);
                }
                self.at = place;
            }
            FSN_LAST_DOTDOT => {
                let parent = self.dotdot()?;
                self.enter(parent)?;
            }
            _ => {}
        }
        Ok(None)
    }

    /// Goes to a dentry of the mount that the walk is in, and through what is mounted there.
    fn enter(&mut self, entry: Entry) -> Result<(), c_int> {
        self.at = self.seen_from_here(entry)?;
        Ok(())
    }

    fn seen_from_here(&self, entry: Entry) -> Result<Place, c_int> {
        // SAFETY: the mount is alive, as the place's reference shows.
        let place = cross(unsafe { Place::through(self.at.mnt(), entry) });
        if place.mnt() != self.at.mnt() && self.flags & FSN_LOOKUP_NO_XDEV != 0 {
            return Err(-libc::EXDEV);
        }
        if is_negative(place.dentry()) {
            return Err(-libc::ENOENT);
        }
        Ok(place)
    }

    /// The parent directory, in the mount where it is: the walk moves there if that is another one.
    fn dotdot(&mut self) -> Result<Entry, c_int> {
        let root = self.root()?;
        if self.at.same(&root) {
            return Ok(Entry::of(root.dentry()));
        }
        let mnt = self.at.mnt();
        // SAFETY: the place has a reference on the mount.
        let top = unsafe { mnt.as_ref() }.is_some_and(|mnt| ptr::eq(mnt.mnt_root.load(Relaxed), self.at.dentry()));
        if top {
            let Some(place) = choose_mountpoint(real_mount(mnt), &root) else {
                return Ok(Entry::of(self.at.dentry()));
            };
            self.at = place;
            if self.flags & FSN_LOOKUP_NO_XDEV != 0 {
                return Err(-libc::EXDEV);
            }
        }
        let parent = dget_parent(self.at.dentry());
        // SAFETY: taken just now.
        let parent = unsafe { Entry::from_raw(parent) }.ok_or(-libc::ENOENT)?;
        if self.out_of_the_mount(parent.get()) {
            return Err(-libc::ENOENT);
        }
        Ok(parent)
    }

    /// A mount of a part of a tree: has the directory been moved out of that part?
    fn out_of_the_mount(&self, parent: &dentry) -> bool {
        // SAFETY: the place has a reference on the mount.
        let Some(mnt) = (unsafe { self.at.mnt().as_ref() }) else { return false };
        let root = mnt.mnt_root.load(Relaxed);
        // SAFETY: the mount holds its superblock.
        let whole = unsafe { mnt.mnt_sb.load(Relaxed).as_ref() }.is_none_or(|sb| sb.s_root.load(Relaxed) == root);
        // SAFETY: the mount holds its root.
        !whole && unsafe { root.as_ref() }.is_some_and(|root| !is_subdir(parent, root))
    }

    /// The text of a symbolic link. An absolute one takes the walk to the root; one without any name in it is done with.
    fn jump<'a>(&mut self, place: Place) -> Result<Option<Jump<'a>>, c_int> {
        self.links += 1;
        // SAFETY: the place has a reference on the mount.
        let mnt_flags = unsafe { place.mnt().as_ref() }.map_or(0, |mnt| {
            // SAFETY: a word that is read at once.
            unsafe { *mnt.mnt_flags.get() }
        });
        let refused = self.flags & FSN_LOOKUP_NO_SYMLINKS != 0 || mnt_flags & MNT_NOSYMFOLLOW != 0;
        if self.links > FSN_MAXSYMLINKS || refused {
            return Err(-libc::ELOOP);
        }
        let mut link = Link { place, done: delayed_call { r#fn: None, arg: ptr::null_mut() } };
        let Some(mut text) = link_text(&mut link)? else { return Ok(None) };
        if text.first() == Some(&b'/') {
            let root = self.root()?;
            if self.flags & FSN_LOOKUP_NO_XDEV != 0 && root.mnt() != self.at.mnt() {
                return Err(-libc::EXDEV);
            }
            self.at = root;
            text = without_slashes(text);
        }
        Ok((!text.is_empty()).then_some(Jump { link, text }))
    }
}

fn is_symlink(dentry: &dentry) -> bool {
    dentry.d_flags.load(Relaxed) & DCACHE_ENTRY_TYPE == DCACHE_SYMLINK_TYPE
}

/// The text, which stays for as long as the link is kept.
fn link_text<'a>(link: &mut Link) -> Result<Option<&'a [u8]>, c_int> {
    // SAFETY: the link has a reference on the dentry.
    let Some(inode) = (unsafe { link.place.dentry().inode() }) else { return Err(-libc::ENOENT) };
    // SAFETY: set before the link can be found, and not changed.
    let mut text = unsafe { *inode.i_link.get() }.cast_const();
    if text.is_null() {
        let get_link = inode.ops().and_then(|ops| ops.get_link).ok_or(-libc::EINVAL)?;
        let (dentry, inode) = (link.place.dentry().as_ptr(), inode.as_ptr());
        // SAFETY: both are alive, and no lock is held.
        text = check(unsafe { get_link(dentry, inode, &raw mut link.done) }.cast_mut())?;
    }
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: a string that stays until `done` is called or the link goes, and callers keep the link.
    Ok(Some(unsafe { CStr::from_ptr(text) }.to_bytes()))
}

/// The place of a path. An empty one is an error unless `FSN_LOOKUP_EMPTY` is given.
pub fn path_lookup(base: Base, text: &[u8], flags: u32) -> Result<Place, c_int> {
    check_text(text, flags)?;
    let mut walk = Walk::begin(base, text, flags)?;
    walk.walk_whole(text)?;
    Ok(walk.at)
}

/// The directory of a path's last name, which need not exist.
pub fn path_parent(base: Base, text: &[u8], flags: u32) -> Result<(Place, Last<'_>), c_int> {
    check_text(text, flags)?;
    let mut walk = Walk::begin(base, text, flags)?;
    let last = walk.walk_parent(text)?;
    Ok((walk.at, last))
}

fn check_text(text: &[u8], flags: u32) -> Result<(), c_int> {
    if text.is_empty() && flags & FSN_LOOKUP_EMPTY == 0 {
        return Err(-libc::ENOENT);
    }
    if text.len() >= FSN_PATH_MAX {
        return Err(-libc::ENAMETOOLONG);
    }
    Ok(())
}
