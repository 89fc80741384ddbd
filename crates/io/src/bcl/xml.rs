//! The little that is needed of XML: elements with attributes and text, in the order of their ends.
//!
//! Document type definitions are refused, and with them every entity that is not built into XML:
//! nothing is fetched, and nothing expands.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::BclErrorKind;

/// Deeper than any file of an instrument.
const MAX_DEPTH: usize = 64;
/// More than any element of an instrument has. That none occurs twice takes their number squared.
const MAX_ATTRIBUTES: usize = 64;

/// An element that has ended.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    /// Text of the element itself, without that of its children, trimmed.
    pub(super) text: String,
    /// Offset of the start tag's end.
    pub(super) offset: usize,
}

/// What is wrong, and where.
pub(super) struct XmlError {
    pub(super) offset: usize,
    pub(super) what: String,
}

impl Element {
    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let attribute = self.attributes.iter().find(|(key, _)| key == name);
        attribute.map(|(_, value)| value.as_str())
    }

    /// The value of an attribute that must be there.
    pub(super) fn require(&self, name: &str) -> Result<&str, XmlError> {
        self.attribute(name).ok_or_else(|| {
            self.wrong(format!(
                "<{}> has no attribute {name}: is this the right file?",
                self.name
            ))
        })
    }

    /// The whole number in an attribute that must be there, at most `most`.
    pub(super) fn number(&self, name: &str, most: u32) -> Result<u32, XmlError> {
        let value = self.require(name)?;
        match value.parse() {
            Ok(number) if number <= most => Ok(number),
            _ => Err(self.wrong(format!(
                "{name}=\"{value}\" of <{}> is no whole number up to {most}",
                self.name
            ))),
        }
    }

    /// An error about this element.
    pub(super) fn wrong(&self, what: String) -> XmlError {
        XmlError {
            offset: self.offset,
            what,
        }
    }
}

/// Calls `visit` with the ancestors, outermost first, and each element as it ends.
pub(super) fn for_each_element(
    bytes: &[u8],
    mut visit: impl FnMut(&[Element], &Element) -> Result<(), XmlError>,
) -> Result<(), BclErrorKind> {
    let text = decode(bytes)?;
    walk(text, &mut visit).map_err(|error| BclErrorKind::Xml {
        line: line_at(text, error.offset),
        what: error.what,
    })
}

/// The line that holds the byte at `offset`, 1-based.
fn line_at(text: &str, offset: usize) -> u64 {
    let before = &text.as_bytes()[..offset.min(text.len())];
    1 + memchr::memchr_iter(b'\n', before).count() as u64
}

fn decode(bytes: &[u8]) -> Result<&str, BclErrorKind> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let what = match bytes {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "the file is UTF-16: save it as UTF-8",
            _ => "the file is not UTF-8: save it as UTF-8",
        };
        let before = &bytes[..error.valid_up_to()];
        BclErrorKind::Xml {
            line: 1 + memchr::memchr_iter(b'\n', before).count() as u64,
            what: what.into(),
        }
    })
}

fn walk(
    text: &str,
    visit: &mut impl FnMut(&[Element], &Element) -> Result<(), XmlError>,
) -> Result<(), XmlError> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut any = false;
    loop {
        let event = reader.read_event();
        let offset = reader.buffer_position() as usize;
        let wrong = |what: String| XmlError { offset, what };
        match event.map_err(|e| wrong(format!("the XML is damaged: {e}: copy the file again")))? {
            Event::Start(start) => {
                if open.len() == MAX_DEPTH {
                    return Err(wrong("elements are nested too deeply".into()));
                }
                open.push(element(&start, offset)?);
            }
            Event::Empty(start) => {
                any = true;
                visit(&open, &element(&start, offset)?)?;
            }
            Event::End(_) => {
                // The reader has checked that the end has a start.
                if let Some(mut ended) = open.pop() {
                    any = true;
                    ended.text.truncate(ended.text.trim_end().len());
                    ended
                        .text
                        .drain(..ended.text.len() - ended.text.trim_start().len());
                    visit(&open, &ended)?;
                }
            }
            Event::Text(piece) => push(&mut open, &piece),
            Event::CData(piece) => push(&mut open, &piece),
            Event::GeneralRef(name) => match resolve(&name) {
                Some(character) => push(&mut open, character.encode_utf8(&mut [0; 4])),
                None => {
                    let entity: &str = &name;
                    return Err(wrong(format!(
                        "the entity &{entity}; is not allowed: no instrument writes it"
                    )));
                }
            },
            Event::DocType(_) => {
                return Err(wrong(
                    "a document type definition is not allowed: no instrument writes one".into(),
                ));
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof if !open.is_empty() => {
                return Err(wrong(
                    "the XML ends too early: the file is truncated".into(),
                ));
            }
            Event::Eof if !any => return Err(wrong("the file holds no XML".into())),
            Event::Eof => return Ok(()),
        }
    }
}

fn push(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn element(start: &BytesStart<'_>, offset: usize) -> Result<Element, XmlError> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let wrong = |what: String| XmlError {
            offset,
            what: format!("an attribute is damaged: {what}: copy the file again"),
        };
        if attributes.len() == MAX_ATTRIBUTES {
            return Err(wrong("too many".into()));
        }
        let attribute = attribute.map_err(|e| wrong(e.to_string()))?;
        // Knows the entities that are built into XML, and no others.
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|e| wrong(e.to_string()))?;
        attributes.push((attribute.key.0.to_owned(), value.into_owned()));
    }
    Ok(Element {
        name: start.name().0.to_owned(),
        attributes,
        text: String::new(),
        offset,
    })
}

/// The character of a reference that is built into XML.
fn resolve(name: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    match &**name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => name.resolve_char_ref().ok().flatten(),
    }
}
