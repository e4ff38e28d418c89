//! Small GGUF files, written byte by byte.

// Not every test needs every part of it, and here a panic is how a test fails.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

/// An entry of the metadata.
#[derive(Clone, Debug)]
pub enum Entry {
    U32(u32),
    F32(f32),
    Bool(bool),
    Text(String),
    Texts(Vec<String>),
    I32s(Vec<i32>),
    F32s(Vec<f32>),
}

/// A file that is being made.
#[derive(Clone, Debug, Default)]
pub struct Gguf {
    pub entries: Vec<(String, Entry)>,
    pub tensors: Vec<(String, Vec<u64>, Vec<f32>)>,
}

impl Gguf {
    pub fn set(&mut self, key: &str, entry: Entry) {
        self.entries.retain(|(known, _)| known != key);
        self.entries.push((key.to_owned(), entry));
    }

    /// The file's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = b"GGUF".to_vec();
        out.extend(3_u32.to_le_bytes());
        out.extend((self.tensors.len() as u64).to_le_bytes());
        out.extend((self.entries.len() as u64).to_le_bytes());
        for (key, entry) in &self.entries {
            text(&mut out, key);
            write(&mut out, entry);
        }
        let mut offset = 0_u64;
        for (name, shape, values) in &self.tensors {
            text(&mut out, name);
            out.extend((shape.len() as u32).to_le_bytes());
            for side in shape.iter().rev() {
                out.extend(side.to_le_bytes());
            }
            out.extend(0_u32.to_le_bytes());
            out.extend(offset.to_le_bytes());
            offset = (offset + 4 * values.len() as u64).next_multiple_of(32);
        }
        for (_, _, values) in &self.tensors {
            out.resize(out.len().next_multiple_of(32), 0);
            out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
        out
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

fn write(out: &mut Vec<u8>, entry: &Entry) {
    let mut kind = |number: u32| out.extend(number.to_le_bytes());
    match entry {
        Entry::U32(value) => {
            kind(4);
            out.extend(value.to_le_bytes());
        }
        Entry::F32(value) => {
            kind(6);
            out.extend(value.to_le_bytes());
        }
        Entry::Bool(value) => {
            kind(7);
            out.push(u8::from(*value));
        }
        Entry::Text(value) => {
            kind(8);
            text(out, value);
        }
        Entry::Texts(values) => {
            kind(9);
            kind(8);
            out.extend((values.len() as u64).to_le_bytes());
            values.iter().for_each(|value| text(out, value));
        }
        Entry::I32s(values) => {
            kind(9);
            kind(5);
            out.extend((values.len() as u64).to_le_bytes());
            out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
        Entry::F32s(values) => {
            kind(9);
            kind(6);
            out.extend((values.len() as u64).to_le_bytes());
            out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
    }
}

/// Sizes of the small models.
const WIDTH: u64 = 32;
const INNER: u64 = 48;
const LAYERS: u64 = 7;
const HEADS: u64 = 4;
const KV_HEADS: u64 = 2;
const HEAD_WIDTH: u64 = 8;

/// A model of a family with random weights, whose vocabulary is the bytes and
/// a few tokens of control.
pub fn model(family: &str) -> Gguf {
    let mut gguf = Gguf::default();
    let key = |name: &str| format!("{family}.{name}");
    gguf.set("general.architecture", Entry::Text(family.to_owned()));
    gguf.set("general.name", Entry::Text(format!("Tiny {family}")));
    for (name, number) in [
        ("block_count", LAYERS),
        ("embedding_length", WIDTH),
        ("feed_forward_length", INNER),
        ("attention.head_count", HEADS),
        ("attention.head_count_kv", KV_HEADS),
        ("attention.key_length", HEAD_WIDTH),
        ("context_length", 16_384),
        ("attention.sliding_window", 12),
    ] {
        gguf.set(&key(name), Entry::U32(number as u32));
    }
    gguf.set(&key("attention.layer_norm_rms_epsilon"), Entry::F32(1e-6));
    gguf.set(&key("rope.freq_base"), Entry::F32(10_000.0));
    vocabulary(&mut gguf, family);
    tensors(&mut gguf, family);
    gguf
}

fn vocabulary(gguf: &mut Gguf, family: &str) {
    let is_pieces = family == "gemma3";
    let control = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|start_header_id|>", "<|end_header_id|>"];
    let control = control.iter().chain(&["<|eot_id|>", "<start_of_turn>", "<end_of_turn>"]);
    let mut tokens: Vec<String> = control.map(|token| (*token).to_owned()).collect();
    let mut kinds = vec![3; tokens.len()];
    if is_pieces {
        tokens.extend((0..=255).map(|byte| format!("<0x{byte:02X}>")));
        kinds.extend([6; 256]);
        let letters = (' '..='~').map(|c| if c == ' ' { '\u{2581}' } else { c }.to_string());
        tokens.extend(letters.chain(["ca", "at", "cat", "\u{2581}cat"].map(str::to_owned)));
    } else {
        // Bytes that are no printable letters stand as letters from U+0100 on.
        let mut next = 0x100;
        tokens.extend((0_u8..=255).map(|byte| match byte {
            b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF => char::from(byte).to_string(),
            _ => {
                next += 1;
                char::from_u32(next - 1).unwrap().to_string()
            }
        }));
        tokens.extend(["ca", "cat"].map(str::to_owned));
    }
    kinds.resize(tokens.len(), 1);
    gguf.set("tokenizer.ggml.model", Entry::Text(if is_pieces { "llama" } else { "gpt2" }.to_owned()));
    gguf.set(
        "tokenizer.ggml.pre",
        Entry::Text(if family == "llama" { "llama-bpe" } else { "qwen2" }.to_owned()),
    );
    if is_pieces {
        gguf.set("tokenizer.ggml.scores", Entry::F32s((0..tokens.len()).map(|id| -(id as f32)).collect()));
    } else {
        gguf.set("tokenizer.ggml.merges", Entry::Texts(vec!["c a".to_owned(), "ca t".to_owned()]));
    }
    gguf.set("tokenizer.ggml.tokens", Entry::Texts(tokens));
    gguf.set("tokenizer.ggml.token_type", Entry::I32s(kinds));
    gguf.set("tokenizer.ggml.bos_token_id", Entry::U32(0));
    gguf.set("tokenizer.ggml.eos_token_id", Entry::U32(0));
}

fn tensors(gguf: &mut Gguf, family: &str) {
    let count = gguf.entries.iter().find_map(|(key, entry)| match entry {
        Entry::Texts(tokens) if key == "tokenizer.ggml.tokens" => Some(tokens.len() as u64),
        _ => None,
    });
    let mut random = Random(1);
    let mut add = |name: String, shape: &[u64]| {
        let length = shape.iter().product::<u64>() as usize;
        // Norms lie around 1, matrices keep the size of what they multiply.
        let scale = (3.0 / *shape.last().unwrap() as f32).sqrt();
        let values: Vec<f32> = (0..length)
            .map(|_| if shape.len() == 1 { 1.0 + 0.2 * random.next() } else { scale * random.next() })
            .collect();
        gguf.tensors.push((name, shape.to_vec(), values));
    };
    add("token_embd.weight".to_owned(), &[count.unwrap(), WIDTH]);
    add("output_norm.weight".to_owned(), &[WIDTH]);
    for layer in 0..LAYERS {
        let mut part = |name: &str, shape: &[u64]| add(format!("blk.{layer}.{name}"), shape);
        let (all, kv) = (HEADS * HEAD_WIDTH, KV_HEADS * HEAD_WIDTH);
        part("attn_norm.weight", &[WIDTH]);
        part("attn_q.weight", &[all, WIDTH]);
        part("attn_k.weight", &[kv, WIDTH]);
        part("attn_v.weight", &[kv, WIDTH]);
        part("attn_output.weight", &[WIDTH, all]);
        part("ffn_norm.weight", &[WIDTH]);
        part("ffn_gate.weight", &[INNER, WIDTH]);
        part("ffn_up.weight", &[INNER, WIDTH]);
        part("ffn_down.weight", &[WIDTH, INNER]);
        if family == "qwen2" {
            part("attn_q.bias", &[all]);
            part("attn_k.bias", &[kv]);
            part("attn_v.bias", &[kv]);
        }
        if family == "qwen3" || family == "gemma3" {
            part("attn_q_norm.weight", &[HEAD_WIDTH]);
            part("attn_k_norm.weight", &[HEAD_WIDTH]);
        }
        if family == "gemma3" {
            part("post_attention_norm.weight", &[WIDTH]);
            part("post_ffw_norm.weight", &[WIDTH]);
        }
    }
}

/// Numbers in -1..1 that are the same each time (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }
}
