//! [`Cache`]: keys and values of the tokens that were read.

use candle_core::{DType, Device, Result, Tensor};

/// Tokens the room grows by.
const STEP: usize = 512;

/// The keys and values of one layer, `[kv_heads, room, head_width]` each. The
/// room grows as it is needed.
#[derive(Debug)]
pub(super) struct Cache {
    kept: Option<(Tensor, Tensor)>,
    room: usize,
    most: usize,
}

impl Cache {
    /// Room for `most` tokens at most.
    pub(super) fn new(most: usize) -> Self {
        Self { kept: None, room: 0, most }
    }

    /// Adds `keys` and `values`, `[kv_heads, new, head_width]`, behind the
    /// first `past` tokens, whatever was kept behind those. All of them.
    pub(super) fn add(&mut self, past: usize, keys: &Tensor, values: &Tensor) -> Result<(Tensor, Tensor)> {
        let all = past + keys.dim(1)?;
        if all > self.room {
            self.grow(past, all, keys)?;
        }
        let Some((kept_keys, kept_values)) = &self.kept else { return Ok((keys.clone(), values.clone())) };
        kept_keys.slice_set(&keys.contiguous()?, 1, past)?;
        kept_values.slice_set(&values.contiguous()?, 1, past)?;
        Ok((kept_keys.narrow(1, 0, all)?, kept_values.narrow(1, 0, all)?))
    }

    fn grow(&mut self, past: usize, needed: usize, like: &Tensor) -> Result<()> {
        let (heads, _, width) = like.dims3()?;
        let room = needed.next_multiple_of(STEP).min(self.most).max(needed);
        let larger = |kept: Option<&Tensor>| {
            let fresh = Tensor::zeros((heads, room, width), DType::F32, &Device::Cpu)?;
            if let Some(kept) = kept.filter(|_| past > 0) {
                fresh.slice_set(&kept.narrow(1, 0, past)?.contiguous()?, 1, 0)?;
            }
            Ok::<_, candle_core::Error>(fresh)
        };
        let kept = self.kept.as_ref();
        self.kept = Some((larger(kept.map(|kept| &kept.0))?, larger(kept.map(|kept| &kept.1))?));
        self.room = room;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_stands_behind_what_is_kept() {
        let mut cache = Cache::new(2_000);
        let row = |from: f32, n: usize| {
            Tensor::arange(from, from + n as f32, &Device::Cpu).unwrap().reshape((1, n, 1)).unwrap()
        };
        let read = |tensor: &Tensor| -> Vec<f32> { tensor.flatten_all().unwrap().to_vec1().unwrap() };
        cache.add(0, &row(0.0, 3), &row(10.0, 3)).unwrap();
        let (keys, values) = cache.add(2, &row(7.0, 1), &row(8.0, 1)).unwrap();
        assert_eq!((read(&keys), read(&values)), (vec![0.0, 1.0, 7.0], vec![10.0, 11.0, 8.0]));
        let (keys, _) = cache.add(3, &row(0.0, 600), &row(0.0, 600)).unwrap();
        let keys = read(&keys);
        assert_eq!((keys.len(), keys[2], keys[602]), (603, 7.0, 599.0));
    }
}
