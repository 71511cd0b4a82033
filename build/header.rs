// SPDX-License-Identifier: GPL-2.0-or-later
//! Puts the kernel's spelling on the header that cbindgen writes: what its configuration cannot say. Each step is a
//! function from text to text, and `tests/header.rs` runs them.

use std::collections::BTreeSet;
use std::fmt::Write;

/// All steps, in the order that they rely on.
pub fn polish(generated: &str) -> String {
    let text = kernel_types(&atomic_pointers(generated)).replace("* *", "**");
    let text = keyword_members(&trailing_enumerator(&text));
    let text = constants(&contract(&compact_comments(&tabs(&variables(&text)))));
    forward_declarations(&text)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Replaces each whole word for which `new` has an answer.
fn map_words(text: &str, new: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (before, from) = rest.split_at(start);
        let (word, after) = from.split_at(from.find(|c| !is_word(c)).unwrap_or(from.len()));
        out.push_str(before);
        out.push_str(&new(word).unwrap_or_else(|| word.to_string()));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// `AtomicPtr<x> member` is a plain pointer for C.
pub fn atomic_pointers(text: &str) -> String {
    const OPEN: &str = "AtomicPtr<";
    let mut text = text.to_string();
    // The innermost first, so that a pointer to a pointer needs no special case.
    while let Some(start) = text.rfind(OPEN) {
        let inner = start + OPEN.len();
        let end = inner + text[inner..].find('>').expect("cbindgen closes what it opens");
        let pointee = &text[inner..end];
        let bare = pointee == "void" || pointee.contains(' ') || pointee.ends_with('*');
        let mut pointer = if bare { String::new() } else { "struct ".to_string() };
        pointer += pointee;
        pointer += if pointee.ends_with('*') { "*" } else { " *" };
        // The star belongs to the member's name.
        let after = if text[end + 1..].starts_with(' ') { end + 2 } else { end + 1 };
        text.replace_range(start..after, &pointer);
    }
    text
}

/// The kernel's names of the fixed-width types; `int64_t` stays, because `loff_t` is one.
pub fn kernel_types(text: &str) -> String {
    map_words(text, |word| {
        let name = match word {
            "uint8_t" => "__u8",
            "uint16_t" => "__u16",
            "uint32_t" => "__u32",
            "uint64_t" => "__u64",
            "ptrdiff_t" => "long",
            _ => return None,
        };
        Some(name.to_string())
    })
}

/// An enumerator with the value of another: Rust's enums have none.
pub fn trailing_enumerator(text: &str) -> String {
    const LAST: &str = "FSNOTIFY_OBJ_TYPE_COUNT = 3,\n";
    let detached = "/**\n         * The object has gone.\n         */\n        FSNOTIFY_OBJ_TYPE_DETACHED = FSNOTIFY_OBJ_TYPE_COUNT,\n";
    text.replacen(LAST, &format!("{LAST}        {detached}"), 1)
}

/// cbindgen escapes C++ keywords with an underscore, in C too.
pub fn keyword_members(text: &str) -> String {
    map_words(text, |word| match word {
        "private_" => Some("FSN_CXX_KEYWORD(private)".to_string()),
        _ => None,
    })
}

/// A `static` of Rust has interior mutability where anybody writes to it, so for C it is no constant. What Rust itself
/// imports with `extern` is another's to declare.
pub fn variables(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for statement in text.split_inclusive(";\n") {
        match statement.rfind("\nextern ").map(|at| statement.split_at(at + 1)) {
            Some((before, import)) if import.contains('(') && !import.contains('{') => {
                out.truncate(out.trim_end_matches('\n').len());
                out.push_str(before);
            }
            Some((before, variable)) if !variable.contains('{') => {
                out.push_str(before);
                out.push_str(&variable.replacen("extern const ", "extern ", 1));
            }
            _ => out.push_str(statement),
        }
    }
    out
}

/// cbindgen indents with blanks only.
pub fn tabs(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let body = line.trim_start_matches(' ');
        let depth = line.len() - body.len();
        out.push_str(&"\t".repeat(depth / 8));
        out.push_str(&" ".repeat(depth % 8));
        out.push_str(body);
        out.push('\n');
    }
    out
}

/// Documentation comments as the kernel writes comments, on one line if they fit, without Rust's markup.
pub fn compact_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start() != "/**" {
            out.push_str(line);
            out.push('\n');
            continue;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let body: Vec<String> = lines
            .by_ref()
            .map(str::trim_start)
            .take_while(|l| *l != "*/")
            .map(|l| {
                let said = l.strip_prefix('*').unwrap_or(l);
                said.strip_prefix(' ').unwrap_or(said).replace("[`", "`").replace("`]", "`").replace('\\', "")
            })
            .collect();
        match body.as_slice() {
            [one] => writeln!(out, "{indent}/* {one} */").expect("a String takes everything"),
            more => {
                writeln!(out, "{indent}/*").expect("a String takes everything");
                for said in more {
                    writeln!(out, "{}", format!("{indent} * {said}").trim_end()).expect("a String takes everything");
                }
                writeln!(out, "{indent} */").expect("a String takes everything");
            }
        }
    }
    out
}

/// Constants that C may see; cbindgen prints every public one of the crate.
const PREFIXES: [&str; 9] = ["FSN_", "FS_", "FSNOTIFY_", "ALL_FSNOTIFY_", "DCACHE_", "DNAME_", "FMODE_", "I_", "SB_"];

/// Leaves out the constants, with their comments, that are none of C's.
pub fn contract(text: &str) -> String {
    let private = |block: &&str| {
        let name = block.lines().last().and_then(|line| line.strip_prefix("#define "));
        name.is_some_and(|name| !PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
    };
    text.split("\n\n").filter(|block| !private(block)).collect::<Vec<_>>().join("\n\n")
}

/// Masks and flags in hexadecimal, shifts without overflow of `int`, widths as in the struct that carries the bits.
pub fn constants(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        out.push_str(&constant(line).unwrap_or_else(|| line.to_string()));
        out.push('\n');
    }
    out
}

fn constant(line: &str) -> Option<String> {
    let (name, value) = line.strip_prefix("#define ")?.split_once(' ')?;
    if let Some((bits, by)) =
        value.strip_prefix('(').and_then(|v| v.strip_suffix(')')).and_then(|v| v.split_once(" << "))
    {
        let suffix = if name.starts_with("SB_") { "UL" } else { "U" };
        return bits.parse::<u32>().is_ok().then(|| format!("#define {name} ({bits}{suffix} << {by})"));
    }
    let mask = name.starts_with("FS_") || name.contains("_FLAG_") || name.starts_with("FSNOTIFY_GROUP_");
    let number = value.parse::<u32>().ok().filter(|_| mask)?;
    Some(format!("#define {name} 0x{number:08x}"))
}

/// A struct that first appears inside a parameter list would be another type.
pub fn forward_declarations(text: &str) -> String {
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices("struct ") {
        let name: String = text[at + "struct ".len()..].chars().take_while(|c| is_word(*c)).collect();
        let code = text[..at].rfind('\n').map_or("", |line| text[line + 1..at].trim_start());
        let whole = !text[..at].ends_with(is_word);
        if whole && !name.is_empty() && !name.starts_with("FSN_") && !code.starts_with(['*', '/']) {
            names.insert(name);
        }
    }
    let mut declared = String::new();
    for name in &names {
        writeln!(declared, "struct {name};").expect("a String takes everything");
    }
    text.replacen("#define FSN_ABI_H\n", &format!("#define FSN_ABI_H\n\n{declared}"), 1)
}
