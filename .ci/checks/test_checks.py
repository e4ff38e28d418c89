"""The checks find what they are for: each is given sources with a fault and the same without."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import ignored_tests
import imports
import sections
import source
import unsafe_blocks


class Blanking(unittest.TestCase):
    def test_comments_and_strings_are_blank_and_lines_stay(self):
        text = 'let a = "use crate::x; // no"; // unsafe\n/* a /* nested */ b */ let c = \'"\'; let r = r#"un"safe"#;\nd'
        code = source.code(text)
        self.assertEqual(code.count("\n"), text.count("\n"))
        self.assertNotIn("unsafe", code)
        self.assertNotIn("crate", code)
        self.assertIn("let c", code)

    def test_lifetimes_are_no_characters(self):
        self.assertEqual(source.code("fn f<'a>(x: &'a str) {}"), "fn f<'a>(x: &'a str) {}")

    def test_test_modules_go(self):
        code = source.without_test_modules("fn a() {}\n#[cfg(test)]\nmod tests {\n use crate::b; fn c() {}\n}\nfn d() {}")
        self.assertNotIn("crate::b", code)
        self.assertIn("fn d", code)


class Sections(unittest.TestCase):
    def test_headings_letters_and_items_exist(self):
        found = sections.existing("## A. One\n### A.3 Two\n## K. Golden\n1. first\n2. second\n")
        self.assertEqual(found, {"A", "A.3", "K", "K.1", "K.2"})

    def test_citations_are_told_from_versions_and_numbers(self):
        text = "as in (B.9), A.3; not v0.1.0, Q4_K.5-x, C.1.2, some.B.7 or `B.8"
        self.assertEqual([m[0] for m in sections.CITED.finditer(text)], ["B.9", "A.3"])


class Imports(unittest.TestCase):
    def graph(self, files):
        with tempfile.TemporaryDirectory() as folder:
            src = Path(folder) / "src"
            for name, text in files.items():
                path = src / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return imports.edges(imports.read_crate(src))

    def test_siblings_that_know_one_another_are_a_circle(self):
        graph = self.graph({"lib.rs": "mod a;\nmod b;", "a.rs": "use crate::b::B;\npub struct A;", "b.rs": "use super::a::A;\npub struct B;"})
        self.assertEqual(imports.components(imports.without_parents(graph)), [[("a",), ("b",)]])

    def test_a_name_is_followed_through_re_exports(self):
        graph = self.graph({"lib.rs": "mod a;\nmod b;\npub use b::B;", "a.rs": "use crate::B;", "b.rs": "use crate::a::helper;\npub struct B;"})
        self.assertEqual(set(graph[("a",)]), {("b",)})
        self.assertEqual(imports.components(graph), [[("a",), ("b",)]])

    def test_a_facade_is_no_circle(self):
        graph = self.graph({"lib.rs": "mod a;\npub use a::{A, C as D};\npub use self::a::*;", "a.rs": "pub struct A;\npub struct C;"})
        self.assertEqual(imports.components(graph), [])

    def test_a_parent_that_dispatches_and_shares_is_one_of_the_second_kind(self):
        graph = self.graph({"lib.rs": "mod a;\npub struct S;\nfn f() { a::go() }", "a.rs": "use super::S;\npub fn go() {}"})
        self.assertEqual(len(imports.components(graph)), 1)
        self.assertEqual(imports.components(imports.without_parents(graph)), [])

    def test_tests_may_look_anywhere(self):
        graph = self.graph({"lib.rs": "mod a;\nmod b;", "a.rs": "use crate::b::B;", "b.rs": "pub struct B;\n#[cfg(test)]\nmod tests { use crate::a; }"})
        self.assertEqual(imports.components(graph), [])


class Unsafe(unittest.TestCase):
    def reason(self, text, mark="SAFETY:"):
        lines = text.splitlines()
        at = next(i for i, line in enumerate(lines) if "unsafe" in line)
        return unsafe_blocks._reason(lines, at, mark)

    def test_a_reason_stands_above_and_may_have_lines(self):
        self.assertEqual(self.reason("// SAFETY: checked\n// above.\nunsafe { f() }"), "checked above.")
        self.assertEqual(self.reason("// SAFETY: checked.\n#[cfg(unix)]\nlet x =\n    unsafe { f() };"), "checked.")

    def test_without_one_there_is_none(self):
        self.assertIsNone(self.reason("// a comment\nunsafe { f() }"))
        self.assertIsNone(self.reason("// SAFETY: of another.\nother();\nunsafe { f() }"))

    def test_an_attribute_is_one_and_called_as_its_item(self):
        code = '#[unsafe(link_section = ".x")]\nstatic mut FIRST: u8 = 1;\nfn f() { unsafe { g() } }'
        attribute, block = unsafe_blocks.UNSAFE.finditer(code)
        self.assertTrue(unsafe_blocks._is_attribute(code, attribute))
        self.assertEqual(unsafe_blocks._around(code, attribute), "FIRST")
        self.assertFalse(unsafe_blocks._is_attribute(code, block))


class Ignored(unittest.TestCase):
    def test_reasons_are_known_or_not(self):
        known = ignored_tests.Ignored("c", "t", "needs AVX-512", "here")
        unknown = ignored_tests.Ignored("c", "t", "flaky", "here")
        self.assertEqual((known.need(), unknown.need()), ("needs AVX-512", None))


if __name__ == "__main__":
    unittest.main()
