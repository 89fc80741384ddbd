//! What confines this process, so that a driver reaches its card, and neither network nor keys.
//!
//! Landlock leaves it system folders to read and run programs from, cards, and the private folder that
//! the parent names in `TMPDIR`. A seccomp filter refuses sockets to other machines, and system calls
//! that reach into other processes, the kernel or its keys. A system may lack either: the host then
//! runs on, and says so.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use anyhow::{Result, ensure};
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope, path_beneath_rules,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

/// Where programs, libraries and what they are told of the machine lie. Of `/etc`, `/proc` and `/run`,
/// which hold keys and other processes too, only what drivers and the programs that they start read.
const SYSTEM: &[&str] = &[
    "/bin",
    "/etc/OpenCL",
    "/etc/alternatives",
    "/etc/group",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/ld.so.preload",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/nvidia",
    "/etc/passwd",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/opt",
    "/proc/cpuinfo",
    "/proc/devices",
    "/proc/driver",
    "/proc/filesystems",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/modules",
    "/proc/self",
    "/proc/stat",
    "/proc/sys",
    "/proc/uptime",
    "/proc/version",
    "/run/opengl-driver",
    "/sbin",
    "/sys",
    "/usr",
];

/// How the names of cards begin in `/dev`, and of what every program may open there.
const DEVICES: &[&str] = &[
    // Kernel frameworks.
    "accel",
    "dma_heap",
    "dri",
    "ion",
    "udmabuf",
    // Graphics cards.
    "galcore",
    "kfd",
    "kgsl",
    "mali",
    "nvidia",
    "pvr",
    // FPGA cards.
    "acla",
    "ami",
    "dfl-",
    "intel-fpga",
    "qdma",
    "xclmgmt",
    "xcldma",
    "xdma",
    "xfpga",
    "xocl",
    // No cards.
    "full",
    "null",
    "random",
    "shm",
    "urandom",
    "zero",
];

/// Colon-separated files and folders that a driver may use beside these.
const MORE: &str = "FAFNIR_DRIVER_PATHS";

/// What reaches into other processes, the kernel or its keys, or past a filter of system calls.
const REFUSED: [i64; 26] = [
    libc::SYS_add_key,
    libc::SYS_bpf,
    libc::SYS_chroot,
    libc::SYS_delete_module,
    libc::SYS_finit_module,
    libc::SYS_init_module,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_mount,
    libc::SYS_open_by_handle_at,
    libc::SYS_perf_event_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pivot_root,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_reboot,
    libc::SYS_request_key,
    libc::SYS_setns,
    libc::SYS_swapon,
    libc::SYS_umount2,
    libc::SYS_unshare,
    libc::SYS_userfaultfd,
];

static GUARDS: OnceLock<Vec<String>> = OnceLock::new();

/// Confines this process and all that it starts.
pub(crate) fn enter() {
    GUARDS.get_or_init(|| {
        let guards = [("landlock", restrict_paths()), ("seccomp", filter_calls())];
        let mut kept = Vec::new();
        for (name, outcome) in guards {
            match outcome {
                Ok(()) => kept.push(name.to_owned()),
                Err(error) => eprintln!("fafnir-device-host: runs without {name}: {error:#}"),
            }
        }
        kept
    });
}

/// Returns what confines this process.
pub(crate) fn guards() -> &'static [String] {
    GUARDS.get().map_or(&[], Vec::as_slice)
}

fn restrict_paths() -> Result<()> {
    // The newest that was tried; kernels that know less enforce what they know.
    let abi = ABI::V6;
    let read = AccessFs::from_read(abi);
    let device = read | AccessFs::WriteFile | AccessFs::IoctlDev;
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?
        .add_rules(path_beneath_rules(SYSTEM, read))?
        .add_rules(path_beneath_rules(libraries(), read))?
        .add_rules(path_beneath_rules(devices(), device))?
        .add_rules(path_beneath_rules(paths(MORE), device))?
        .add_rules(path_beneath_rules(private(), AccessFs::from_all(abi)))?
        .restrict_self()?;
    ensure!(
        status.ruleset != RulesetStatus::NotEnforced,
        "the kernel lacks it"
    );
    Ok(())
}

/// Returns the folders of the drivers in sight, those that the dynamic linker is told of, and XRT's.
fn libraries() -> Vec<PathBuf> {
    let vendors = env::var_os("OCL_ICD_VENDORS").map(PathBuf::from);
    let mut folders = paths("LD_LIBRARY_PATH");
    folders.extend(env::var_os("XILINX_XRT").map(PathBuf::from));
    for icd in vendors.iter().flat_map(|folder| entries(folder)) {
        let library = fs::read_to_string(icd).unwrap_or_default();
        // A library may be a link to one that has its companions beside it.
        let library = Path::new(library.trim());
        let real = library.canonicalize().ok();
        let both = [Some(library), real.as_deref()].into_iter().flatten();
        let absolute = both.filter(|path| path.is_absolute());
        folders.extend(absolute.filter_map(Path::parent).map(Path::to_owned));
    }
    folders.extend(vendors);
    folders
}

fn devices() -> Vec<PathBuf> {
    let mut devices = entries(Path::new("/dev"));
    devices.retain(|path| {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        DEVICES
            .iter()
            .any(|begin| name.starts_with(begin.as_bytes()))
    });
    devices
}

/// Returns the one folder that may be written to.
fn private() -> Option<PathBuf> {
    env::var_os("TMPDIR").map(PathBuf::from)
}

/// Returns the absolute paths in an environment variable.
fn paths(variable: &str) -> Vec<PathBuf> {
    let value = env::var_os(variable).unwrap_or_default();
    let mut paths: Vec<PathBuf> = env::split_paths(&value).collect();
    paths.retain(|path| path.is_absolute());
    paths
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn filter_calls() -> Result<()> {
    let is_not = |family: i32| {
        let family = family as u64;
        SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, family)
    };
    // Drivers talk to services of their own on this machine, and to the kernel.
    let elsewhere = SeccompRule::new(vec![is_not(libc::AF_UNIX)?, is_not(libc::AF_NETLINK)?])?;
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        REFUSED.into_iter().map(|call| (call, Vec::new())).collect();
    rules.insert(libc::SYS_socket, vec![elsewhere]);
    #[cfg(target_arch = "x86_64")]
    {
        // The same calls under the numbers of the x32 interface.
        const X32: i64 = 0x4000_0000;
        let again: Vec<_> = rules
            .iter()
            .map(|(call, rules)| (call | X32, rules.clone()))
            .collect();
        rules.extend(again);
    }
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM as u32),
        env::consts::ARCH.try_into()?,
    )?;
    seccompiler::apply_filter_all_threads(&BpfProgram::try_from(filter)?)?;
    Ok(())
}
