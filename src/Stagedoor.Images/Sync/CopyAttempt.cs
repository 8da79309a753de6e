using System.Globalization;
using System.Text.Json;
using Stagedoor.Background.Jobs;

namespace Stagedoor.Images.Sync;

/// <summary>What one attempt has done so far.</summary>
internal sealed class CopyAttempt(BegunCopy copy, RemoteRegistry remote, JobRun run)
{
    private SyncProgress? _known = run.Job.Progress is { } text ? JsonSerializer.Deserialize(text, SyncJson.Wire.SyncProgress) : null;

    public BegunCopy Copy { get; } = copy;

    public RemoteRegistry Remote { get; } = remote;

    public JobRun Run { get; } = run;

    public HashSet<string> Done { get; } = new(StringComparer.Ordinal);

    public int Blobs { get; set; }

    public long Bytes { get; set; }

    /// <summary>How many manifests that an index names are not here: organizations may allow such indexes.</summary>
    public int Absent { get; set; }

    /// <summary>How many manifests were sent that refer to the image.</summary>
    public int Referrers { get; set; }

    /// <summary>Whether there are more of them than are copied.</summary>
    public bool HasMoreReferrers { get; set; }

    /// <summary>Why the target did not take the first of them that it refused; null when it refused none.</summary>
    public string? RefusedReferrer { get; set; }

    /// <summary>What was sent, and what was not.</summary>
    public string Detail
    {
        get
        {
            var referrers = Referrers == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {Referrers} referrers");
            var more = HasMoreReferrers ? string.Create(CultureInfo.InvariantCulture, $"; more than {CopyReferrers.MaxReferrers} refer to it, and the others are not sent") : "";
            var refused = RefusedReferrer is null ? "" : $"; not all that refers to it: {RefusedReferrer}";
            return string.Create(CultureInfo.InvariantCulture, $"{Blobs} blobs sent, {Bytes} bytes{referrers}{AbsentNote}{more}{refused}");
        }
    }

    public string AbsentNote => Absent == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; {Absent} of what the index names is not here");

    /// <summary>Where the attempt before was uploading the blob; once.</summary>
    public string? TakeKnownUpload(Digest digest)
    {
        if (_known is not { } known || !string.Equals(known.Digest, digest.ToString(), StringComparison.Ordinal))
        {
            return null;
        }

        _known = null;
        return known.Location;
    }
}

/// <summary>Where the blob is uploaded that is being copied.</summary>
internal sealed record SyncProgress(string Digest, string Location);
