//! Everything a base learner in Rust needs: write a type that is a [`Learner`]
//! and name it in [`tiercel_learner!`]. The contract in words is
//! plugins/abi/ABI.md.

/// What `configure` and `score` return; your own codes start at 16.
pub type Status = i32;
pub const OK: Status = 0;
pub const BAD_FRAME: Status = 1;
pub const BAD_COLUMNS: Status = 2;
pub const NOT_CONFIGURED: Status = 3;
pub const BAD_CONFIG: Status = 4;
pub const INTERNAL: Status = 5;

/// The score that abstains.
pub const ABSTAIN: f32 = f32::NAN;

/// A base learner. It is used by one caller at a time.
pub trait Learner {
    /// What the learner says of itself, see ABI.md.
    const DESCRIPTION: &'static str;
    /// The learner before any configuration.
    fn new() -> Self;
    /// Takes what the user wrote for this learner; it may come again.
    fn configure(&mut self, text: &[u8]) -> Status;
    /// Writes a score a row to `scores`, higher meaning more of a threat;
    /// [`ABSTAIN`] abstains. The same row gives the same bits, however rows
    /// are batched.
    fn score(&mut self, frame: &Frame, scores: &mut [f32]) -> Status;
}

/// A batch: `rows` x `columns` features, row-major, in the order of the
/// description, NaN where the record has no value; and the declared texts.
pub struct Frame<'a> {
    pub rows: usize,
    pub columns: usize,
    pub x: &'a [f32],
    pub texts: Vec<Texts<'a>>,
}

impl<'a> Frame<'a> {
    /// The features of row `i`.
    pub fn row(&self, i: usize) -> &'a [f32] {
        &self.x[i * self.columns..(i + 1) * self.columns]
    }
}

/// One declared text column: a row has no value, one or several.
pub struct Texts<'a> {
    first: &'a [u32],
    offset: &'a [u32],
    bytes: &'a [u8],
}

impl<'a> Texts<'a> {
    /// The values of row `i`: any bytes, decoded and in lower case.
    pub fn of(&self, i: usize) -> impl Iterator<Item = &'a [u8]> + '_ {
        (self.first[i] as usize..self.first[i + 1] as usize)
            .map(move |k| &self.bytes[self.offset[k] as usize..self.offset[k + 1] as usize])
    }
}

/// The features that a description names; None for all, whose number varies.
pub fn wanted(description: &str) -> Option<usize> {
    let features = || description.lines().filter_map(|l| l.strip_prefix("feature "));
    if features().any(|f| f == "*") {
        return None;
    }
    Some(features().count())
}

/// Reads a frame; None where it breaks the contract.
pub fn decode(frame: &[u32]) -> Option<Frame> {
    if frame.len() < 8 || frame[0] != 0x3146_4354 || frame[4] as usize != 4 * frame.len() || frame[3] > 16 {
        return None;
    }
    let (rows, columns) = (frame[1] as usize, frame[2] as usize);
    let texts = rows.checked_mul(columns)?.checked_add(8)?;
    if texts > frame.len() || frame[5] as usize != 4 * texts {
        return None;
    }
    let mut f = Frame { rows, columns, x: floats(&frame[8..texts]), texts: Vec::new() };
    let mut rest = &frame[texts..];
    for _ in 0..frame[3] {
        let (values, length) = (*rest.first()? as usize, *rest.get(1)? as usize);
        let offset = rows.checked_add(3)?;
        let bytes = offset.checked_add(values)?.checked_add(1)?;
        let end = bytes.checked_add(length.checked_add(3)? / 4)?;
        if end > rest.len() {
            return None;
        }
        let column = Texts {
            first: &rest[2..offset],
            offset: &rest[offset..bytes],
            bytes: &octets(&rest[bytes..end])[..length],
        };
        rest = &rest[end..];
        f.texts.push(column);
    }
    if rest.is_empty() {
        Some(f)
    } else {
        None
    }
}

/// Views words as the floats that they are.
fn floats(words: &[u32]) -> &[f32] {
    // Same size and alignment, and every pattern of bits is a float.
    unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), words.len()) }
}

fn octets(words: &[u32]) -> &[u8] {
    unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), 4 * words.len()) }
}

/// A module's learner, the columns that it wants and the region for frames.
struct State<L> {
    learner: L,
    wanted: Option<usize>,
    region: Vec<u64>,
}

/// Holds a module's state. A module is single-threaded and its exports are not
/// called from within each other.
pub struct Guest<L> {
    cell: std::cell::UnsafeCell<Option<State<L>>>,
}

unsafe impl<L> Sync for Guest<L> {}

impl<L: Learner> Guest<L> {
    pub const fn new() -> Self {
        Guest { cell: std::cell::UnsafeCell::new(None) }
    }

    #[allow(clippy::mut_from_ref)]
    fn state(&self) -> &mut State<L> {
        unsafe { &mut *self.cell.get() }.get_or_insert_with(|| State {
            learner: L::new(),
            wanted: wanted(L::DESCRIPTION),
            region: Vec::new(),
        })
    }

    pub fn reserve(&self, size: u32) -> *mut u64 {
        let region = &mut self.state().region;
        let words = (size as usize + 7) / 8;
        if words > region.len() {
            *region = Vec::new(); // give the old one back first
            *region = vec![0; words];
        }
        region.as_mut_ptr()
    }

    /// # Safety
    /// `at` and `length` lie in the region.
    pub unsafe fn configure(&self, at: *const u8, length: u32) -> Status {
        self.state().learner.configure(std::slice::from_raw_parts(at, length as usize))
    }

    /// # Safety
    /// The frame lies in the region, and room for a score a row at `scores`.
    pub unsafe fn score(&self, frame: *const u32, length: u32, scores: *mut f32) -> Status {
        let words = std::slice::from_raw_parts(frame, length as usize / 4);
        let state = self.state();
        match decode(words) {
            None => BAD_FRAME,
            Some(f) if state.wanted.map_or(false, |n| n != f.columns) => BAD_COLUMNS,
            Some(f) => state.learner.score(&f, std::slice::from_raw_parts_mut(scores, f.rows)),
        }
    }
}

/// Exports a learner as a module.
#[macro_export]
macro_rules! tiercel_learner {
    ($learner:ty) => {
        #[cfg(target_arch = "wasm32")]
        mod exports {
            use super::*;
            static GUEST: tiercel::Guest<$learner> = tiercel::Guest::new();

            #[no_mangle]
            extern "C" fn tiercel_abi() -> i32 {
                1
            }
            #[no_mangle]
            extern "C" fn tiercel_describe() -> i64 {
                let d = <$learner as tiercel::Learner>::DESCRIPTION;
                ((d.as_ptr() as u64) << 32 | d.len() as u64) as i64
            }
            #[no_mangle]
            extern "C" fn tiercel_reserve(size: u32) -> *mut u64 {
                GUEST.reserve(size)
            }
            #[no_mangle]
            unsafe extern "C" fn tiercel_configure(at: *const u8, length: u32) -> i32 {
                GUEST.configure(at, length)
            }
            #[no_mangle]
            unsafe extern "C" fn tiercel_score(frame: *const u32, length: u32, scores: *mut f32) -> i32 {
                GUEST.score(frame, length, scores)
            }
        }
    };
}
