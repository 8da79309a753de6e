using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Stagedoor.Addons.Drivers.Processes;

/// <summary>Settings under <c>Addons:Process</c>: add-ons that are processes of this machine. Whoever may publish and install add-ons then runs programs as the account of the server.</summary>
public sealed class ProcessOptions
{
    /// <summary>Whether clusters may have the driver process, which runs programs of add-ons on this machine as the account of the server. It takes Linux, and a database that no other process shares.</summary>
    public bool Enabled { get; set; }

    /// <summary>The folders of programs that may be run, links followed; files of packages may be run always. Empty for /usr/local/bin, /usr/bin and /bin.</summary>
    public IList<string> Programs { get; } = [];

    /// <summary>The folders outside of a release's own that its processes may run in, links followed.</summary>
    public IList<string> Roots { get; } = [];

    /// <summary>The folders of programs, those of the system where none are set.</summary>
    internal IReadOnlyList<string> AllPrograms => Programs.Count > 0 ? [.. Programs] : ["/usr/local/bin", "/usr/bin", "/bin"];

    /// <summary>How long a process that is asked to end may take before it is killed, in seconds.</summary>
    [Range(1, 60)]
    public int GraceSeconds { get; set; } = 5;

    /// <summary>How long the processes of a new revision may take to be well before the one before it is brought back, in seconds.</summary>
    [Range(2, 460)]
    public int StartSeconds { get; set; } = 60;

    /// <summary>How large the log of one process may be, in bytes; the oldest lines go.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public long LogBytes { get; set; } = 10 * 1024 * 1024;
}

[OptionsValidator]
internal sealed partial class ProcessOptionsValidator : IValidateOptions<ProcessOptions>;

/// <summary>Refuses folders that are none, and a system that has not what the driver needs.</summary>
internal sealed class ProcessOptionsRules : IValidateOptions<ProcessOptions>
{
    public ValidateOptionsResult Validate(string? name, ProcessOptions options)
    {
        var failures = new List<string>();
        foreach (var (setting, folders) in new[] { ("Programs", options.Programs), ("Roots", options.Roots) })
        {
            if (folders.Any(static f => !f.StartsWith('/') || f.Contains('\0', StringComparison.Ordinal) || f.Contains(':', StringComparison.Ordinal)))
            {
                failures.Add($"Addons:Process:{setting}: each entry has to be the absolute path of a folder, without a colon.");
            }
        }

        if (options.Enabled && !OperatingSystem.IsLinux())
        {
            failures.Add("Addons:Process:Enabled: processes of add-ons run on Linux only.");
        }

        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }
}
