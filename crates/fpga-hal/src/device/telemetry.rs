//! What sensors tell, read from where Linux shows them: no vendor's tool is needed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::PciAddress;

const SYSFS: &str = "/sys";

/// Readings of a card or the processor; what there is no sensor for, or no right to read, is None.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Telemetry {
    /// The hottest sensor, in degrees Celsius.
    pub temperature_celsius: Option<f64>,
    /// Power drawn, in watts.
    pub power_watts: Option<f64>,
    /// Energy used since an unknown moment, in joules. Only differences mean something, and counters
    /// begin anew at 0, some after less than an hour.
    pub energy_joules: Option<f64>,
}

impl Telemetry {
    /// Reads the sensors of a card.
    pub fn of_card(address: PciAddress) -> Self {
        card(Path::new(SYSFS), address)
    }

    /// Reads the energy counters of the processor's sockets, which many systems show to root alone.
    pub fn of_processor() -> Self {
        processor(Path::new(SYSFS))
    }
}

fn card(sysfs: &Path, address: PciAddress) -> Telemetry {
    let monitors = sysfs
        .join("bus/pci/devices")
        .join(address.to_string())
        .join("hwmon");
    let mut telemetry = Telemetry::default();
    for monitor in entries(&monitors) {
        let (temperature, power, energy) = readings(&monitor);
        let all = telemetry.temperature_celsius.into_iter().chain(temperature);
        telemetry.temperature_celsius = all.reduce(f64::max);
        telemetry.power_watts = telemetry.power_watts.or(power);
        telemetry.energy_joules = telemetry.energy_joules.or(energy);
    }
    telemetry
}

/// Reads the sensors of a monitor chip. The kernel numbers them from 1, without a gap in practice, and
/// counts in thousandths of a degree and millionths of watts and joules.
fn readings(monitor: &Path) -> (Option<f64>, Option<f64>, Option<f64>) {
    let read = |name: &str, unit: f64| number(&monitor.join(name)).map(|count| count * unit);
    let temperature = entries(monitor)
        .iter()
        .filter_map(|path| path.file_name()?.to_str())
        .filter(|name| name.starts_with("temp") && name.ends_with("_input"))
        .filter_map(|name| read(name, 1e-3))
        .reduce(f64::max);
    let power = read("power1_input", 1e-6).or_else(|| read("power1_average", 1e-6));
    (temperature, power, read("energy1_input", 1e-6))
}

fn processor(sysfs: &Path) -> Telemetry {
    let sockets = entries(&sysfs.join("class/powercap"));
    let sockets = sockets.iter().filter(|zone| {
        // Others are parts of these, or the same counters seen another way.
        let name = zone.file_name().unwrap_or_default().to_string_lossy();
        let kind = fs::read_to_string(zone.join("name")).unwrap_or_default();
        name.starts_with("intel-rapl:") && kind.starts_with("package")
    });
    // One that may not be read makes the sum meaningless.
    let joules: Option<Vec<f64>> = sockets
        .map(|socket| Some(number(&socket.join("energy_uj"))? * 1e-6))
        .collect();
    Telemetry {
        energy_joules: joules
            .filter(|joules| !joules.is_empty())
            .map(|joules| joules.iter().sum()),
        ..Telemetry::default()
    }
}

/// Returns what a folder holds, sorted; nothing if it cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn number(file: &Path) -> Option<f64> {
    let count: i64 = fs::read_to_string(file).ok()?.trim().parse().ok()?;
    Some(count as f64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const CARD: &str = "bus/pci/devices/0000:65:00.0/hwmon";

    /// Makes a `/sys` of these files.
    fn sysfs(files: &[(&str, &str)]) -> TempDir {
        let folder = TempDir::new().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn of_card(files: &[(&str, &str)]) -> Telemetry {
        let files: Vec<_> = files
            .iter()
            .map(|(path, text)| (format!("{CARD}/{path}"), *text))
            .collect();
        let files: Vec<_> = files
            .iter()
            .map(|(path, text)| (&path[..], *text))
            .collect();
        card(sysfs(&files).path(), "65:00.0".parse().unwrap())
    }

    #[test]
    fn a_card_tells_its_hottest_sensor_and_its_power() {
        let telemetry = of_card(&[
            ("hwmon3/name", "amdgpu\n"),
            ("hwmon3/temp1_input", "41000\n"),
            ("hwmon3/temp2_input", "56500\n"),
            ("hwmon3/temp2_crit", "100000\n"),
            ("hwmon3/power1_average", "75250000\n"),
            ("hwmon4/temp1_input", "-5000\n"),
            ("hwmon4/energy1_input", "2500000\n"),
        ]);
        assert_eq!(telemetry.temperature_celsius, Some(56.5));
        assert_eq!(telemetry.power_watts, Some(75.25));
        assert_eq!(telemetry.energy_joules, Some(2.5));
        let telemetry = of_card(&[
            ("hwmon0/power1_input", "1000000"),
            ("hwmon0/power1_average", "2000000"),
        ]);
        assert_eq!(telemetry.power_watts, Some(1.0));
        assert_eq!(telemetry.temperature_celsius, None);
    }

    #[test]
    fn what_cannot_be_read_is_nothing() {
        assert_eq!(of_card(&[]), Telemetry::default());
        let strange = [
            ("hwmon0/temp1_input", ""),
            ("hwmon0/temp2_input", "hot"),
            ("hwmon0/power1_input", "1e6"),
            ("hwmon0/energy1_input/x", "1"),
        ];
        assert_eq!(of_card(&strange), Telemetry::default());
        assert_eq!(processor(Path::new("/nonexistent")), Telemetry::default());
    }

    #[test]
    fn sockets_are_added_and_their_parts_are_not() {
        let zone = "class/powercap/intel-rapl";
        let files = [
            (format!("{zone}:0/name"), "package-0\n"),
            (format!("{zone}:0/energy_uj"), "1500000\n"),
            (format!("{zone}:0:0/name"), "core\n"),
            (format!("{zone}:0:0/energy_uj"), "700000\n"),
            (format!("{zone}:1/name"), "package-1\n"),
            (format!("{zone}:1/energy_uj"), "2500000\n"),
            (format!("{zone}-mmio:0/name"), "package-0\n"),
            (format!("{zone}-mmio:0/energy_uj"), "1500000\n"),
            (format!("{zone}/enabled"), "1\n"),
        ];
        let mut files: Vec<_> = files
            .iter()
            .map(|(path, text)| (&path[..], *text))
            .collect();
        assert_eq!(processor(sysfs(&files).path()).energy_joules, Some(4.0));
        // One counter of two cannot be read.
        files.retain(|(path, _)| !path.ends_with("rapl:1/energy_uj"));
        assert_eq!(processor(sysfs(&files).path()), Telemetry::default());
    }
}
