//! Which token comes next.

/// Chooses among the tokens that may come, by their scores: the best one at
/// temperature 0, else at random. The random numbers follow from the seed and
/// what was read alone, so that the same question has the same answer.
#[derive(Debug)]
pub(crate) struct Sampler {
    temperature: f64,
    random: blake3::OutputReader,
}

impl Sampler {
    /// A sampler for the answer to `question`.
    pub(crate) fn new(seed: u64, temperature: f64, question: &[u32]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes());
        for token in question {
            hasher.update(&token.to_le_bytes());
        }
        Self { temperature, random: hasher.finalize_xof() }
    }

    /// A token of those that `is_allowed`, or nothing where none of them has a
    /// score that is a number.
    pub(crate) fn choose(&mut self, scores: &[f32], is_allowed: impl Fn(u32) -> bool) -> Option<u32> {
        let allowed =
            || (0_u32..).zip(scores).filter(|(token, score)| score.is_finite() && is_allowed(*token));
        let (best, top) = allowed().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)))?;
        if self.temperature <= 0.0 {
            return Some(best);
        }
        let temperature = self.temperature;
        let weight = |score: f32| ((f64::from(score) - f64::from(*top)) / temperature).exp();
        let total: f64 = allowed().map(|(_, score)| weight(*score)).sum();
        let mut left = self.uniform() * total;
        for (token, score) in allowed() {
            left -= weight(*score);
            if left < 0.0 {
                return Some(token);
            }
        }
        Some(best)
    }

    /// A number in [0, 1).
    fn uniform(&mut self) -> f64 {
        let mut bytes = [0; 8];
        self.random.fill(&mut bytes);
        (u64::from_le_bytes(bytes) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_token_that_may_come_is_taken_when_it_is_cold() {
        let mut cold = Sampler::new(0, 0.0, &[1]);
        assert_eq!(cold.choose(&[0.0, 3.0, 2.0, f32::NAN], |token| token != 1), Some(2));
        assert_eq!(cold.choose(&[1.0, 1.0], |_| true), Some(0));
        assert_eq!(cold.choose(&[f32::NAN, f32::NEG_INFINITY], |_| true), None);
        assert_eq!(cold.choose(&[1.0], |_| false), None);
    }

    #[test]
    fn shares_follow_the_scores_and_the_same_seed_repeats() {
        let draw = |seed| -> Vec<u32> {
            let mut warm = Sampler::new(seed, 1.0, &[7]);
            (0..4_000).filter_map(|_| warm.choose(&[0.0, 1.0, -1.0], |_| true)).collect()
        };
        let drawn = draw(1);
        assert!(drawn == draw(1) && drawn != draw(2) && drawn.len() == 4_000);
        // e / (1 + e + 1/e) = 0.665
        let share = drawn.iter().filter(|token| **token == 1).count() as f64 / 4_000.0;
        assert!((share - 0.665).abs() < 0.03, "{share}");
    }
}
