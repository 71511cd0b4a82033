// SPDX-License-Identifier: GPL-2.0-or-later
//! Turns the layout table that the C compiler reads (`include/fsnotify/fsn/layout.def`) into assertions for rustc.

use std::fmt::Write;

/// One `const` assertion for each line that Rust has a word in; an unknown kind of line is an error.
pub fn assertions(table: &str) -> Result<String, String> {
    let mut out = String::new();
    let code = table.lines().enumerate().map(|(number, line)| (number + 1, line.trim()));
    for (number, line) in code.filter(|(_, line)| line.starts_with("FSN_")) {
        let bad = || format!("layout.def:{number}: cannot read `{line}`");
        let (kind, rest) = line.split_once('(').ok_or_else(bad)?;
        let arguments: Vec<&str> = rest.strip_suffix(')').ok_or_else(bad)?.split(", ").collect();
        let condition = match (kind, arguments.as_slice()) {
            ("FSN_SIZE", [name, bytes]) => format!("size_of::<{name}>() == {bytes}"),
            ("FSN_OFFSET", [name, member, _, bytes]) => format!("offset_of!({name}, {}) == {bytes}", path(member)),
            ("FSN_CONST", [name, value]) => format!("{name} as i64 == {value}"),
            ("FSN_ENUM", [name, variant, value]) => format!("{name}::{variant} as i64 == {value}"),
            ("FSN_SIZE_C" | "FSN_CONST_C", [_, _]) | ("FSN_OFFSET_C", [_, _, _]) => continue,
            _ => return Err(bad()),
        };
        writeln!(out, "const _: () = assert!({condition}, \"layout.def:{number}\");")
            .expect("a String takes everything");
    }
    Ok(out)
}

/// A member whose name is a keyword of Rust.
fn path(member: &str) -> &str {
    match member {
        "type" => "r#type",
        other => other,
    }
}
