//! How long something takes, after a warm-up: of many short samples, the one that a tenth are faster than. What else the
//! machine does meanwhile makes samples slower, never faster.

use std::hint::black_box;
use std::time::{Duration, Instant};

const WARM_UP: Duration = Duration::from_millis(300);
const SAMPLE: Duration = Duration::from_millis(1);
const SAMPLES: usize = 600;

/// Microseconds of one run.
pub(crate) fn measure<T>(mut run: impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    let mut runs = 0_u32;
    while start.elapsed() < WARM_UP {
        black_box(run());
        runs += 1;
    }
    let runs = (f64::from(runs) * SAMPLE.as_secs_f64() / start.elapsed().as_secs_f64()).ceil();
    let mut samples: Vec<f64> = (0..SAMPLES)
        .map(|_| {
            let start = Instant::now();
            let mut left = runs;
            while left > 0.0 {
                black_box(run());
                left -= 1.0;
            }
            start.elapsed().as_secs_f64() * 1e6 / runs
        })
        .collect();
    samples.sort_by(f64::total_cmp);
    samples[SAMPLES / 10]
}
