//! The `lmd` command.

fn main() {}
