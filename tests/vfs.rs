// SPDX-License-Identifier: GPL-2.0-or-later
//! The objects as the core sees them: from Rust, by reference. What C programs see is tested in `c-tests/vfs_*.c`.

use fsnotify::abi::*;
use fsnotify::vfs;
use std::collections::HashSet;
use std::ptr;
use std::sync::atomic::Ordering::Relaxed;

/// A superblock with a root; shut down when it goes out of scope.
struct Tree {
    sb: *mut super_block,
}

impl Tree {
    fn new() -> Self {
        // SAFETY: neither a type nor callbacks.
        let sb = unsafe { vfs::super_block::alloc_super(ptr::null_mut(), ptr::null(), 0) };
        let tree = Self { sb };
        // SAFETY: the reference on the inode goes to the root.
        let root = unsafe { vfs::dentry_alloc::d_make_root(tree.inode(0o040_755)) };
        tree.sb().s_root.store(root, Relaxed);
        tree
    }

    fn sb(&self) -> &super_block {
        // SAFETY: made in `new()`, put in `drop()`.
        unsafe { &*self.sb }
    }

    fn root(&self) -> &dentry {
        // SAFETY: the superblock holds it.
        unsafe { &*self.sb().s_root.load(Relaxed) }
    }

    fn inode(&self, mode: u16) -> *mut inode {
        // SAFETY: the superblock is alive.
        let inode = unsafe { vfs::inode_alloc::new_inode(self.sb) };
        // SAFETY: new.
        unsafe { &*inode }.i_mode.store(mode, Relaxed);
        inode
    }

    /// A file with the caller's reference.
    fn file(&self, dir: &dentry, text: &str) -> &dentry {
        // SAFETY: the directory is alive.
        let new = unsafe { vfs::dentry_alloc::d_alloc_name(dir, text.as_bytes()) };
        // SAFETY: new.
        let file = unsafe { &*new };
        // SAFETY: the reference on the inode goes to the dentry.
        unsafe { vfs::dentry_link::d_add(file, self.inode(0o100_644)) };
        file
    }

    fn put(&self, dentry: &dentry) {
        // SAFETY: each test puts what it got.
        unsafe { vfs::dentry::dput(ptr::from_ref(dentry).cast_mut()) };
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        // SAFETY: the active reference of `new()`.
        unsafe { vfs::super_block::deactivate_super(self.sb) };
    }
}

fn text(name: &qstr) -> Vec<u8> {
    let len = name.len.load(Relaxed) as usize;
    // SAFETY: the name is a snapshot's, which holds it.
    unsafe { std::slice::from_raw_parts(name.name.load(Relaxed), len) }.to_vec()
}

#[test]
fn a_snapshot_is_what_the_name_was() {
    let tree = Tree::new();
    for (old, new) in [("short", "other"), (&*"long".repeat(20), "short"), ("short", &*"long".repeat(20))] {
        let file = tree.file(tree.root(), old);
        let target = tree.file(tree.root(), new);
        let seen = vfs::name::with_name_snapshot(file, |name| {
            // SAFETY: both are referenced, and nobody else changes the directory.
            unsafe { vfs::dentry_move::d_move(file, target) };
            text(name)
        });
        assert_eq!(seen, old.as_bytes());
        assert_eq!(vfs::name::with_name_snapshot(file, text), new.as_bytes());
        tree.put(target);
        tree.put(file);
    }
}

#[test]
fn roots_and_unlinked_names() {
    let tree = Tree::new();
    assert!(vfs::dentry::is_root(tree.root()) && !vfs::dentry::d_unlinked(tree.root()));
    let file = tree.file(tree.root(), "file");
    assert!(!vfs::dentry::is_root(file) && !vfs::dentry::d_unlinked(file));
    let parent = vfs::dentry::dget_parent(file);
    assert!(ptr::eq(parent, tree.root()));
    tree.put(tree.root());
    vfs::dentry_link::d_drop(file);
    assert!(vfs::dentry::d_unlinked(file));
    tree.put(file);
}

#[test]
fn references_of_an_inode() {
    let tree = Tree::new();
    let file = tree.file(tree.root(), "file");
    // SAFETY: the dentry is positive.
    let inode = unsafe { &*file.d_inode.load(Relaxed) };
    vfs::inode::ihold(inode);
    vfs::inode::__iget(inode);
    assert!(vfs::inode::igrab(inode));
    assert_eq!(inode.i_count.counter.load(Relaxed), 4);
    for _ in 0..3 {
        // SAFETY: taken above.
        unsafe { vfs::inode::iput(ptr::from_ref(inode).cast_mut()) };
    }
    assert_eq!(inode.i_count.counter.load(Relaxed), 1);
    tree.put(file);
}

#[test]
fn hashes_of_names_spread() {
    let salt = ptr::null();
    let hashes: HashSet<u32> =
        (0..50_000).map(|i| vfs::dentry_path::full_name_hash(salt, format!("file-{i}").as_bytes())).collect();
    // By chance alone 50,000 of 2^32 meet less than once.
    assert!(hashes.len() > 49_990, "{} of 50000", hashes.len());
    let low: HashSet<u32> = hashes.iter().map(|h| h & 0xffff).collect();
    assert!(low.len() > 33_000, "the low bits repeat: {} of 65536", low.len());
    let other = vfs::dentry_path::full_name_hash(ptr::without_provenance(64), b"file-1");
    assert_ne!(other, vfs::dentry_path::full_name_hash(salt, b"file-1"), "the directory counts");
    assert_ne!(
        vfs::dentry_path::full_name_hash(salt, b"a"),
        vfs::dentry_path::full_name_hash(salt, b"a\0"),
        "so does the length"
    );
}

#[test]
fn a_path_that_does_not_fit() {
    let tree = Tree::new();
    let file = tree.file(tree.root(), "file");
    let mut room = [0xff; 6];
    assert_eq!(vfs::dentry_path::dentry_path_raw(file, &mut room), Some(0));
    assert_eq!(&room, b"/file\0");
    assert_eq!(vfs::dentry_path::dentry_path_raw(file, &mut room[..5]), None);
    assert_eq!(vfs::dentry_path::dentry_path_raw(file, &mut []), None);
    tree.put(file);
}
