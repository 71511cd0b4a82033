//! Writes the C header of what `src/abi` and `src/capi` define, and gives the shared library its name and version node.

#[path = "build/header.rs"]
mod header;
#[path = "build/layout.rs"]
mod layout;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The soname's number: raised when the C contract breaks.
const ABI: u32 = 1;

/// The sizes, offsets and values of the C contract.
const LAYOUT: &str = "include/fsnotify/fsn/layout.def";

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    for input in ["src/abi", "src/capi", "build", "cbindgen.toml", "libfsnotify.map", LAYOUT] {
        println!("cargo:rerun-if-changed={input}");
    }
    println!("cargo:rerun-if-env-changed=FSN_HEADER_OUT");

    // rustc passes a version script of its own; this one only names the node that `.symver` refers to.
    println!("cargo:rustc-cdylib-link-arg=-Wl,--version-script={}", root.join("libfsnotify.map").display());
    // Cargo.toml tells the features: the whole library, or what replaces group.c alone.
    let name = if env::var_os("CARGO_FEATURE_CORE").is_some() { "libfsnotify" } else { "libfsnotify_group" };
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,{name}.so.{ABI}");
    // The library's own calls of its exported functions stay inside it, whatever other copy is in the global scope. Data is
    // left out: a program that names fsnotify_mark_srcu may hold the only copy.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-Bsymbolic-functions");
    // Threads, TLS destructors and C callbacks may outlive a dlclose().
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");

    write_assertions(&root);

    // `make headers` asks for the header; an ordinary build does not spend time on it.
    if let Some(out) = env::var_os("FSN_HEADER_OUT") {
        write_header(&root, Path::new(&out));
    }
}

fn write_assertions(root: &Path) {
    let table = fs::read_to_string(root.join(LAYOUT)).unwrap_or_else(|e| panic!("{LAYOUT}: {e}"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("layout.rs");
    let assertions = layout::assertions(&table).unwrap_or_else(|e| panic!("{e}"));
    fs::write(&out, assertions).unwrap_or_else(|e| panic!("{}: {e}", out.display()));
}

fn write_header(root: &Path, out: &Path) {
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml is readable");
    let out = if out.is_absolute() { out.to_path_buf() } else { root.join(out) };
    let mut generated = Vec::new();
    cbindgen::Builder::new()
        .with_crate(root)
        .with_config(config)
        .generate()
        .expect("src/abi and src/capi can be expressed in C")
        .write(&mut generated);
    let generated = String::from_utf8(generated).expect("cbindgen writes UTF-8");
    fs::write(&out, header::polish(&generated)).unwrap_or_else(|e| panic!("{}: {e}", out.display()));
}
