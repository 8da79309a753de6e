using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Stagedoor.Images;

/// <summary>Settings under <c>Images</c>.</summary>
public sealed class ImagesOptions
{
    private const string HostPattern = @"(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::[0-9]{1,5})?";

    /// <summary>How many organizations one account may have.</summary>
    [Range(1, 1_000_000)]
    public int MaxOrganizationsPerAccount { get; set; } = 1_000;

    /// <summary>How many repositories one account may have; 0 for no limit.</summary>
    [Range(0, int.MaxValue)]
    public int MaxRepositoriesPerAccount { get; set; }

    /// <summary>How many tags one repository may have; 0 for no limit.</summary>
    [Range(0, int.MaxValue)]
    public int MaxTagsPerRepository { get; set; }

    /// <summary>How many bytes one organization may hold that has no quota of its own; 0 for no limit.</summary>
    [Range(0, long.MaxValue)]
    public long MaxBytesPerOrganization { get; set; }

    /// <summary>Whether an account administrator's push to an unknown organization creates it.</summary>
    public bool AutoCreateOrganization { get; set; }

    /// <summary>Whether callers without credentials may pull from public repositories.</summary>
    public bool AnonymousPull { get; set; } = true;

    /// <summary>Whether <c>GET /v2/_catalog</c> lists the repositories that the caller may read.</summary>
    public bool Catalog { get; set; } = true;

    /// <summary>The largest manifest in bytes. The public conformance suite pushes one of almost 4 MiB.</summary>
    [Range(4 * 1024 * 1024, 64 * 1024 * 1024)]
    public int MaxManifestBytes { get; set; } = (4 * 1024 * 1024) + (64 * 1024);

    /// <summary>The largest layer in bytes.</summary>
    [Range(1, 1L << 50)]
    public long MaxBlobBytes { get; set; } = 10L * 1024 * 1024 * 1024;

    /// <summary>Memory for manifests that are pulled often, in bytes.</summary>
    [Range(0, long.MaxValue)]
    public long ManifestCacheBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>The service name for which tokens of an external trust server are issued.</summary>
    [Required]
    public string NotaryService { get; set; } = "notary";

    /// <summary>How long a registry token is good for, in seconds.</summary>
    [Range(60, 24 * 60 * 60)]
    public int TokenSeconds { get; set; } = 900;

    /// <summary>How many unfinished uploads one user may have in one repository.</summary>
    [Range(1, 100_000)]
    public int MaxOpenUploads { get; set; } = 500;

    /// <summary>How long the body of a push may pause between two reads, in seconds.</summary>
    [Range(1, 3600)]
    public int MaxBodyPauseSeconds { get; set; } = 60;

    /// <summary>How long an upload may rest before it is dropped, in hours. What its repository received before is kept as long while uploads go on.</summary>
    [Range(1, 24 * 30)]
    public int UploadHours { get; set; } = 24;

    /// <summary>The host that answers print before the names of images: HOST or HOST:PORT, auto for that of ExternalUrl or of the call, none for no such host.</summary>
    [RegularExpression("^(?:" + HostPattern + ")$", ErrorMessage = "HOST, HOST:PORT, auto or none")]
    public string ExternalHost { get; set; } = "auto";

    /// <summary>The host for machines next to the installation: HOST:PORT, interface:NAME for the address of an interface of this machine, registry:APPLICATION/SERVICE for an instance of that microservice; empty for the external one.</summary>
    [RegularExpression("^(?:" + HostPattern + "|interface:[^ /]{1,64}|registry:[^/ ]+/[^/ ]+)$", ErrorMessage = "HOST:PORT, interface:NAME, registry:APPLICATION/SERVICE, or empty")]
    public string InternalHost { get; set; } = "";

    [ValidateObjectMembers]
    public CollectorOptions Collector { get; set; } = new();

    [ValidateObjectMembers]
    public ScrubberOptions Scrubber { get; set; } = new();

    [ValidateObjectMembers]
    public Jobs.JobOptions Jobs { get; set; } = new();

    [ValidateObjectMembers]
    public Tags.DeletionOptions Deletion { get; set; } = new();

    [ValidateObjectMembers]
    public Retention.RetentionOptions Retention { get; set; } = new();
}

/// <summary>Settings under <c>Images:Collector</c>: removal of what nothing refers to.</summary>
public sealed class CollectorOptions
{
    /// <summary>Whether it runs at all.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Minutes between two runs.</summary>
    [Range(1, 7 * 24 * 60)]
    public int IntervalMinutes { get; set; } = 30;

    /// <summary>For how many minutes an upload, mount or HEAD of a blob protects it.</summary>
    [Range(1, 7 * 24 * 60)]
    public int LeaseMinutes { get; set; } = 60;

    /// <summary>How many days bytes that no row speaks for lie aside before they are removed.</summary>
    [Range(1, 365)]
    public int AsideDays { get; set; } = 7;

    /// <summary>How many hours a deleted tag can be restored.</summary>
    [Range(0, 24 * 365)]
    public int RestoreHours { get; set; } = 24;

    /// <summary>After how many days a manifest goes that no tag, index or subject keeps and that nobody has pulled; 0 for never.</summary>
    [Range(0, 3650)]
    public int UntaggedDays { get; set; } = 30;
}

/// <summary>Settings under <c>Images:Scrubber</c>: hashing stored blobs again in the background.</summary>
public sealed class ScrubberOptions
{
    /// <summary>Whether it runs at all.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>After how many days a blob is hashed again.</summary>
    [Range(1, 3650)]
    public int MaxAgeDays { get; set; } = 30;
}

[OptionsValidator]
internal sealed partial class ImagesOptionsValidator : IValidateOptions<ImagesOptions>;
