using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Stagedoor.Images.Packages;

/// <summary>Settings under <c>Images:Packages</c>: software packages.</summary>
public sealed class PackageOptions
{
    /// <summary>Whether versions and meta files can be signed, with a key pair for each organization.</summary>
    public bool Signing { get; set; }

    /// <summary>The largest file of a package in bytes.</summary>
    [Range(1, 1L << 50)]
    public long MaxFileBytes { get; set; } = 2L * 1024 * 1024 * 1024;

    /// <summary>The suffixes of files that are kept, with spaces between them. A name without a dot has none and is kept too.</summary>
    [Required]
    [RegularExpression(@"^ *\.[A-Za-z0-9.]+(?: +\.[A-Za-z0-9.]+)* *$", ErrorMessage = "suffixes with spaces between them, as .jar .tar.gz")]
    public string Suffixes { get; set; } = ".jar .war .zip .tar .tar.gz .tgz .rpm .deb .json .yaml .yml .md5 .sha256 .asc .sh";

    /// <summary>Whether downloads of files are recorded in the audit log.</summary>
    public bool AuditDownloads { get; set; }
}

[OptionsValidator]
internal sealed partial class PackageOptionsValidator : IValidateOptions<PackageOptions>;
