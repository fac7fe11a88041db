//! A base learner: a linear model over the whole row, w . x, missing values
//! left out. The weights come from the configuration, one number a column, so
//! that this file stays as it is when they change; without one each weight is 1.
//! Change what it is called, what it wants to see, `configure` and `score`.

#[allow(dead_code)] // not every learner uses all of it
mod tiercel;

use tiercel::{Frame, Status};

struct Linear {
    weights: Vec<f32>, // empty before the first configuration
}

tiercel_learner!(Linear);

impl tiercel::Learner for Linear {
    const DESCRIPTION: &'static str = "\
tiercel 1
id example-rust
version 0.1.0
title A linear learner in Rust
kind http
feature *
cost 50
";

    fn new() -> Self {
        Linear { weights: Vec::new() }
    }

    fn configure(&mut self, text: &[u8]) -> Status {
        self.weights.clear();
        for word in text.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()) {
            match std::str::from_utf8(word).ok().and_then(|w| w.parse().ok()) {
                Some(w) => self.weights.push(w),
                None => return tiercel::BAD_CONFIG,
            }
        }
        if self.weights.is_empty() {
            return tiercel::BAD_CONFIG;
        }
        tiercel::OK
    }

    fn score(&mut self, frame: &Frame, scores: &mut [f32]) -> Status {
        if self.weights.is_empty() {
            self.weights = vec![1.0; frame.columns];
        }
        if frame.columns != self.weights.len() {
            return tiercel::BAD_COLUMNS;
        }
        for (i, score) in scores.iter_mut().enumerate() {
            let mut sum = 0.0;
            for (x, w) in frame.row(i).iter().zip(&self.weights) {
                if !x.is_nan() {
                    sum += w * x;
                }
            }
            *score = if sum.is_finite() { sum } else { tiercel::ABSTAIN };
        }
        tiercel::OK
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiercel::Learner;

    /// A frame of numbers as the engine writes it.
    fn frame(x: &[f32], rows: u32, columns: u32) -> Vec<u32> {
        let size = 32 + 4 * rows * columns;
        let mut f = vec![0x3146_4354, rows, columns, 0, size, size, 0, 0];
        f.extend(x.iter().map(|v| v.to_bits()));
        f
    }

    #[test]
    fn scores() {
        let words = frame(&[1.0, 2.0, 3.0, 4.0, f32::NAN, 6.0], 2, 3);
        let f = tiercel::decode(&words).unwrap();
        let (mut l, mut scores) = (Linear::new(), [0.0; 2]);
        assert_eq!(l.score(&f, &mut scores), tiercel::OK);
        assert_eq!(scores, [6.0, 10.0]);

        assert_eq!(l.configure(b"0.5 -1\n2"), tiercel::OK);
        assert_eq!(l.score(&f, &mut scores), tiercel::OK);
        assert_eq!(scores, [4.5, 14.0]);

        assert_eq!(l.configure(b"1 2"), tiercel::OK);
        assert_eq!(l.score(&f, &mut scores), tiercel::BAD_COLUMNS);
    }

    #[test]
    fn refuses() {
        for text in ["", "1 x", "1 \u{e9}"] {
            assert_eq!(Linear::new().configure(text.as_bytes()), tiercel::BAD_CONFIG, "{text:?}");
        }
        let words = frame(&[1.0], 1, 1);
        assert!(tiercel::decode(&words[..8]).is_none());
        assert_eq!(tiercel::wanted(Linear::DESCRIPTION), None);
    }

    #[test]
    fn texts() {
        // one row with the values "ab" and "c"
        let mut words = frame(&[], 1, 0);
        words.extend([2, 3, 0, 2, 0, 2, 3, u32::from_le_bytes(*b"abc\0")]);
        words[3] = 1;
        words[4] = 4 * words.len() as u32;
        let f = tiercel::decode(&words).unwrap();
        assert_eq!(f.texts[0].of(0).collect::<Vec<_>>(), [&b"ab"[..], b"c"]);
    }
}
