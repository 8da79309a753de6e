using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Stagedoor.Tracing.ErrorCodes;

/// <summary>
/// Which versions of services were seen, and which error codes they had, since that was last taken away. Any number may add at a time, each for the moment of one request's
/// spans.
/// </summary>
internal sealed class SeenCodes
{
    // What one sender can make up: more would fill the memory and then the table.
    private const int MostCodes = 10_000;
    private const int MostVersions = 10_000;
    private const int MaxName = 512;
    private const long MillisecondsOfHour = 3_600_000;

    // A version that is seen all the time is written as often as that.
    private static readonly TimeSpan s_rest = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private Dictionary<(string Project, long Hour, string Id), Occurrences> _codes = [];
    private Dictionary<(string Project, string Id), SeenVersion> _versions = [];
    private Dictionary<(string Project, string Id), DateTimeOffset> _written = [];

    /// <summary>How many occurrences were not counted, because there were too many different ones at a time.</summary>
    public long Dropped { get; private set; }

    /// <summary>A version of a service. Times in milliseconds since the Unix epoch.</summary>
    internal sealed record SeenVersion(string Project, string Id, ServiceVersion Version, long First, long Last);

    /// <summary>A code that a version of a service had in an hour. Times in milliseconds since the Unix epoch.</summary>
    internal sealed record Occurrences(string Project, long Hour, string Id, ServiceVersion Version, string Code, long Count, long First, long Last, string TraceId);

    /// <summary>Notes that a version of a service had spans.</summary>
    /// <param name="project">Whose.</param>
    /// <param name="version">The version.</param>
    /// <param name="first">When its first span ended, in milliseconds since the Unix epoch.</param>
    /// <param name="last">When its last one did.</param>
    /// <param name="now">What time it is.</param>
    public void Add(string project, ServiceVersion version, long first, long last, DateTimeOffset now)
    {
        version = Stored(version);
        var key = (project, IdOf(version, ""));
        lock (_gate)
        {
            if (_written.TryGetValue(key, out var written) && now - written < s_rest)
            {
                return;
            }

            if (_versions.Count >= MostVersions)
            {
                return;
            }

            if (_written.Count >= MostVersions)
            {
                _written = [];
            }

            _written[key] = now;
            ref var seen = ref CollectionsMarshal.GetValueRefOrAddDefault(_versions, key, out _);
            seen = seen is null ? new(project, key.Item2, version, first, last) : seen with { First = Math.Min(seen.First, first), Last = Math.Max(seen.Last, last) };
        }
    }

    /// <summary>Notes that a span had a code.</summary>
    /// <param name="project">Whose.</param>
    /// <param name="version">The version of the service that the span is of.</param>
    /// <param name="code">The code.</param>
    /// <param name="ended">When the span ended, in milliseconds since the Unix epoch.</param>
    /// <param name="traceId">Its trace.</param>
    public void Add(string project, ServiceVersion version, string code, long ended, UInt128 traceId)
    {
        version = Stored(version);
        var key = (project, ended / MillisecondsOfHour, IdOf(version, code));
        var trace = traceId.ToString("x32", CultureInfo.InvariantCulture);
        lock (_gate)
        {
            if (_codes.Count >= MostCodes && !_codes.ContainsKey(key))
            {
                Dropped++;
                return;
            }

            ref var seen = ref CollectionsMarshal.GetValueRefOrAddDefault(_codes, key, out _);
            seen = seen is null ? new(project, key.Item2, key.Item3, version, code, 1, ended, ended, trace)
                : seen with { Count = seen.Count + 1, First = Math.Min(seen.First, ended), Last = Math.Max(seen.Last, ended), TraceId = ended >= seen.Last ? trace : seen.TraceId };
        }
    }

    /// <summary>Takes away what was noted since the last time.</summary>
    public (IReadOnlyList<SeenVersion> Versions, IReadOnlyList<Occurrences> Codes) Take()
    {
        lock (_gate)
        {
            var taken = (_versions, _codes);
            (_versions, _codes) = ([], []);
            return ([.. taken._versions.Values], [.. taken._codes.Values]);
        }
    }

    /// <summary>Gives back what was taken and could not be kept.</summary>
    public void GiveBack(IReadOnlyList<SeenVersion> versions, IReadOnlyList<Occurrences> codes)
    {
        lock (_gate)
        {
            foreach (var version in versions)
            {
                ref var seen = ref CollectionsMarshal.GetValueRefOrAddDefault(_versions, (version.Project, version.Id), out _);
                seen = seen is null ? version : seen with { First = Math.Min(seen.First, version.First), Last = Math.Max(seen.Last, version.Last) };
            }

            foreach (var code in codes)
            {
                ref var seen = ref CollectionsMarshal.GetValueRefOrAddDefault(_codes, (code.Project, code.Hour, code.Id), out _);
                seen = seen is null ? code
                    : seen with { Count = seen.Count + code.Count, First = Math.Min(seen.First, code.First), Last = Math.Max(seen.Last, code.Last) };
            }
        }
    }

    private static ServiceVersion Stored(ServiceVersion version) => new(Stored(version.MonitorGroup), Stored(version.Application), Stored(version.Version));

    private static string Stored(string name) => Text.Repair(Text.Cut(name, MaxName));

    private static string IdOf(ServiceVersion version, string code) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"{version.MonitorGroup.Length} {version.MonitorGroup}{version.Application.Length} {version.Application}{version.Version.Length} {version.Version}{code}"))).AsSpan(0, 16));
}

/// <summary>A version of a service.</summary>
/// <param name="MonitorGroup">The group of the service.</param>
/// <param name="Application">The service.</param>
/// <param name="Version">What it calls its version; empty when it says none.</param>
internal sealed record ServiceVersion(string MonitorGroup, string Application, string Version);
