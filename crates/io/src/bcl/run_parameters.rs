//! `RunParameters.xml`: what the control software was told.
//!
//! Each instrument has a form of its own. The elements below are found by their names, wherever
//! they stand: `Setup/ApplicationName` of MiSeq, HiSeq and NextSeq 500/550, `ApplicationName` of
//! NextSeq 1000/2000, `Application` of NovaSeq 6000 and X, `InstrumentType` of NovaSeq X,
//! `RfidsInfo/SbsConsumableVersion` of NovaSeq 6000.

use std::path::Path;

use super::BclError;
use super::xml::for_each_element;

/// What is used of `RunParameters.xml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunParameters {
    /// Name of the control software.
    pub application: Option<String>,
    /// The instrument's type, where it has an element of its own.
    pub instrument_type: Option<String>,
    /// Version of the SBS reagents of NovaSeq 6000: 1 is v1.0, 3 is v1.5.
    pub sbs_version: Option<u32>,
}

impl RunParameters {
    /// Parses the bytes of a file; `name` is for messages.
    ///
    /// # Errors
    ///
    /// XML that is damaged or has a document type definition, with the line.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, BclError> {
        let mut parameters = Self::default();
        let visited = for_each_element(bytes, |_, element| {
            let text = || Some(element.text.clone()).filter(|text| !text.is_empty());
            match element.name.as_str() {
                "ApplicationName" | "Application" if parameters.application.is_none() => {
                    parameters.application = text();
                }
                "InstrumentType" if parameters.instrument_type.is_none() => {
                    parameters.instrument_type = text();
                }
                "SbsConsumableVersion" => parameters.sbs_version = element.text.parse().ok(),
                _ => {}
            }
            Ok(())
        });
        visited.map_err(|kind| BclError::of_file(Path::new(name), kind))?;
        Ok(parameters)
    }
}
