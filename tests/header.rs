// SPDX-License-Identifier: GPL-2.0-or-later
//! What the build script does to the generated header and to the layout table.

#[path = "../build/header.rs"]
mod header;
#[path = "../build/layout.rs"]
mod layout;

#[test]
fn the_steps_follow_each_other() {
    let text = "#define FSN_ABI_H\n\n/**\n * Open.\n */\n#define FS_OPEN 32\n\nstruct a {\n        AtomicPtr<a> next;\n        uint32_t n;\n};\n\nint f(struct b * *b);\n";
    assert_eq!(
        header::polish(text),
        "#define FSN_ABI_H\n\nstruct a;\nstruct b;\n\n/* Open. */\n#define FS_OPEN 0x00000020\n\nstruct a {\n\tstruct a *next;\n\t__u32 n;\n};\n\nint f(struct b **b);\n"
    );
}

#[test]
fn atomic_pointers_become_pointers() {
    let text = "        AtomicPtr<inode> i;\n        AtomicPtr<void> v;\n        AtomicPtr<struct dentry> d;\n        AtomicPtr<AtomicPtr<node>> n;\n";
    assert_eq!(
        header::atomic_pointers(text),
        "        struct inode *i;\n        void *v;\n        struct dentry *d;\n        struct node **n;\n"
    );
}

#[test]
fn fixed_widths_get_the_kernels_names_as_whole_words() {
    assert_eq!(
        header::kernel_types("uint32_t a; int64_t b; my_uint32_t c; uint64_t d;"),
        "__u32 a; int64_t b; my_uint32_t c; __u64 d;"
    );
}

#[test]
fn a_keyword_member_depends_on_the_language() {
    assert_eq!(
        header::keyword_members("void *private_; int private_data;"),
        "void *FSN_CXX_KEYWORD(private); int private_data;"
    );
}

#[test]
fn the_detached_type_follows_the_count() {
    let text = header::trailing_enumerator("        FSNOTIFY_OBJ_TYPE_COUNT = 3,\n};\n");
    assert!(text.contains("FSNOTIFY_OBJ_TYPE_COUNT = 3,\n"));
    assert!(text.ends_with("FSNOTIFY_OBJ_TYPE_DETACHED = FSNOTIFY_OBJ_TYPE_COUNT,\n};\n"));
}

#[test]
fn statics_are_variables_and_imports_are_left_out() {
    let text = "int f(int a);\n\nextern const struct s x;\n\nextern void g(int a,\n              int b);\n\nextern const uint32_t y;\n";
    assert_eq!(header::variables(text), "int f(int a);\n\nextern struct s x;\n\nextern uint32_t y;\n");
    let guard = "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\nextern const int z;\n";
    assert_eq!(header::variables(guard), guard.replace("const ", ""));
}

#[test]
fn blanks_become_tabs_of_eight() {
    assert_eq!(header::tabs("int f(int a,\n          int b);\n"), "int f(int a,\n\t  int b);\n");
}

#[test]
fn comments_are_short_and_plain() {
    assert_eq!(
        header::compact_comments("/**\n * Of [`x`] \\[lock\\].\n */\nint x;\n"),
        "/* Of `x` [lock]. */\nint x;\n"
    );
    assert_eq!(
        header::compact_comments("\t/**\n\t * One.\n\t *\n\t * Two.\n\t */\n"),
        "\t/*\n\t * One.\n\t *\n\t * Two.\n\t */\n"
    );
}

#[test]
fn constants_of_rust_alone_are_left_out() {
    let text =
        "/* One. */\n#define FS_ONE 1\n\n/* Two. */\n#define WITHOUT_TWO 2\n\n#define SB_THREE 3\n\nint f(void);\n";
    assert_eq!(header::contract(text), "/* One. */\n#define FS_ONE 1\n\n#define SB_THREE 3\n\nint f(void);\n");
}

#[test]
fn constants_have_the_width_of_what_carries_them() {
    let text = "#define FS_OPEN 32\n#define DCACHE_X (7 << 20)\n#define SB_NOUSER (1 << 31)\n#define DNAME_INLINE_LEN 40\n#define FS_MOVE (A | B)\n";
    assert_eq!(
        header::constants(text),
        "#define FS_OPEN 0x00000020\n#define DCACHE_X (7U << 20)\n#define SB_NOUSER (1UL << 31)\n#define DNAME_INLINE_LEN 40\n#define FS_MOVE (A | B)\n"
    );
}

#[test]
fn structs_are_declared_before_a_parameter_list_is_their_first_mention() {
    let text = "#define FSN_ABI_H\n/* struct comment */\nint f(struct late *l);\nstruct FSN_ALIGNED(8) odd {\n};\nmy_struct x;\n";
    let text = header::forward_declarations(text);
    assert!(text.starts_with("#define FSN_ABI_H\n\nstruct late;\n/* struct"), "{text}");
    assert!(!text.contains("struct comment;") && !text.contains("\nstruct x;"));
}

#[test]
fn every_line_of_the_layout_table_is_asserted_or_refused() {
    let table = "FSN_SIZE(a, 4)\nFSN_OFFSET(a, type, type, 2)\nFSN_ENUM(e, E, -1)\nFSN_CONST(C, 0x10)\nFSN_OFFSET_C(a, x, 2)\n#define FSN_SIZE(type, bytes)\n";
    let out = layout::assertions(table).expect("readable");
    assert_eq!(out.lines().count(), 4);
    assert!(out.contains("size_of::<a>() == 4") && out.contains("offset_of!(a, r#type) == 2"));
    assert!(out.contains("e::E as i64 == -1") && out.contains("C as i64 == 0x10") && out.contains("layout.def:4"));
    assert!(layout::assertions("FSN_SIZES(a, 4)\n").unwrap_err().contains("layout.def:1"));
    assert!(layout::assertions("FSN_OFFSET(a, b, 4)\n").is_err());
}
