//! Pictures of dates and times: `[Y0001]-[M01]`.

use super::integer::{Case, IntegerPicture};
use crate::error::{Code, Error};

#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub(super) parts: Vec<Part>,
}

#[derive(Clone, Debug)]
pub(super) enum Part {
    Literal(String),
    Marker(Box<Marker>),
}

#[derive(Clone, Debug)]
pub(super) struct Marker {
    pub(super) component: char,
    /// Set for names instead of numbers.
    pub(super) names: Option<Case>,
    pub(super) integer: Option<IntegerPicture>,
    /// Most characters of a name; 0 stands for any number in the pictures that are read.
    pub(super) max_width: Option<f64>,
    /// Digits of a year, month or day; none where the picture does not say.
    pub(super) digits: Option<f64>,
    /// The second presentation modifier.
    pub(super) modifier: Option<char>,
}

impl Picture {
    pub(crate) fn parse(picture: &str) -> Result<Self, Error> {
        let mut parts = Vec::new();
        let mut rest = picture;
        while let Some(at) = rest.find('[') {
            literal(&rest[..at], &mut parts);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix("[[") {
                parts.push(Part::Literal("[".to_owned()));
                rest = after;
                continue;
            }
            let Some(end) = rest.find(']') else { return Err(Error::new(Code::D3135)) };
            parts.push(Part::Marker(Box::new(Marker::parse(&rest[1..end])?)));
            rest = &rest[end + 1..];
        }
        literal(rest, &mut parts);
        Ok(Self { parts })
    }
}

fn literal(text: &str, parts: &mut Vec<Part>) {
    if !text.is_empty() {
        parts.push(Part::Literal(text.replace("]]", "]")));
    }
}

impl Marker {
    fn parse(marker: &str) -> Result<Self, Error> {
        let marker: String = marker.split_whitespace().collect();
        let mut characters = marker.chars();
        let component = characters.next();
        let rest = characters.as_str();
        let (presentation, width) = match rest.rsplit_once(',') {
            Some((presentation, width)) => (presentation, Some(width)),
            None => (rest, None),
        };
        let (min_width, max_width) = match width {
            Some(width) => match width.split_once('-') {
                Some((min, max)) => (parse_width(min), parse_width(max)),
                None => (parse_width(width), None),
            },
            None => (None, None),
        };
        let is_long = presentation.chars().nth(1).is_some();
        let modifier = presentation.chars().next_back().filter(|last| is_long && "atco".contains(*last));
        let first = match modifier {
            Some(_) => &presentation[..presentation.len() - 1],
            None => presentation,
        };
        let first = if presentation.is_empty() {
            component.and_then(default).map(str::to_owned)
        } else {
            Some(first.to_owned())
        };
        let (Some(component), Some(first)) = (component, first) else {
            let value = component.map(String::from).unwrap_or_default();
            return Err(Error::new(Code::D3132).with_value(&value));
        };
        let mut marker = Self { component, names: None, integer: None, max_width, digits: None, modifier };
        if first.starts_with('n') {
            marker.names = Some(Case::Lower);
        } else if let Some(rest) = first.strip_prefix('N') {
            marker.names = Some(if rest.starts_with('n') { Case::Title } else { Case::Upper });
        } else if "YMDdFWwXxHhmsf".contains(component) {
            let pattern = match modifier {
                Some(modifier) => format!("{first};{modifier}"),
                None => first.clone(),
            };
            marker.set_integer(IntegerPicture::parse(&pattern)?, min_width);
        }
        if matches!(component, 'Z' | 'z') {
            marker.integer = Some(IntegerPicture::parse(&first)?);
        }
        Ok(marker)
    }

    #[expect(clippy::cast_precision_loss, reason = "a picture is short")]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size, or the greatest size")]
    fn set_integer(&mut self, mut integer: IntegerPicture, min_width: Option<f64>) {
        if let (Some(digits), Some(min)) = (integer.digits_mut(), min_width) {
            digits.mandatory = digits.mandatory.max(min as usize);
        }
        if "YMD".contains(self.component) {
            match (self.max_width, integer.digits_mut()) {
                (Some(max), digits) => {
                    self.digits = Some(max);
                    if let Some(digits) = digits {
                        digits.mandatory = max as usize;
                    }
                }
                (None, Some(digits)) if digits.mandatory + digits.optional >= 2 => {
                    self.digits = Some((digits.mandatory + digits.optional) as f64);
                }
                (None, _) => {}
            }
        }
        self.integer = Some(integer);
    }
}

/// The number at the start; `*` is any.
fn parse_width(width: &str) -> Option<f64> {
    let digits = width.bytes().take_while(u8::is_ascii_digit).count();
    if width == "*" { None } else { Some(width[..digits].parse().unwrap_or(f64::NAN)) }
}

/// The presentation of a component for which the picture gives none.
fn default(component: char) -> Option<&'static str> {
    Some(match component {
        'Y' | 'M' | 'D' | 'd' | 'W' | 'w' | 'X' | 'x' | 'H' | 'h' | 'f' => "1",
        'F' | 'P' | 'C' | 'E' => "n",
        'm' | 's' => "01",
        'Z' | 'z' => "01:01",
        _ => return None,
    })
}
