//! Several measurements of one thing.

/// Several measurements of one thing, in ascending order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spread(Vec<f64>);

impl Spread {
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    pub(crate) fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        match (self.0.get(middle), self.0.len() % 2) {
            (Some(upper), 0) => f64::midpoint(self.0[middle - 1], *upper),
            (Some(middle), _) => *middle,
            (None, _) => f64::NAN,
        }
    }

    pub(crate) fn min(&self) -> f64 {
        self.0.first().copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn max(&self) -> f64 {
        self.0.last().copied().unwrap_or(f64::NAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_the_middle() {
        assert_eq!(Spread::of(vec![3.0, 1.0, 2.0]).median().to_string(), "2");
        assert_eq!(Spread::of(vec![4.0, 1.0, 2.0, 3.0]).median().to_string(), "2.5");
        assert!(Spread::of(Vec::new()).median().is_nan());
    }
}
