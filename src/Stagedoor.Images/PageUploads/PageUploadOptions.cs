using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Stagedoor.Images.PageUploads;

/// <summary>Settings under <c>Images:PageUpload</c>: archives and packages that come as forms or in upload sessions.</summary>
public sealed class PageUploadOptions
{
    /// <summary>How many files one form may have.</summary>
    public const int MaxFiles = 10;

    /// <summary>How much a form may hold beside its files, in bytes.</summary>
    public const long FormBytes = 1024 * 1024;

    /// <summary>The largest file in bytes, as it is sent and as it is unpacked.</summary>
    [Range(1024 * 1024, 1L << 40)]
    public long MaxFileBytes { get; set; } = 2L * 1024 * 1024 * 1024;

    /// <summary>How long an upload session may rest before it is dropped, in hours.</summary>
    [Range(1, 24 * 30)]
    public int SessionHours { get; set; } = 24;

    /// <summary>The folder in which files are put aside while they are looked at, in its folders spool and work; empty for the data directory.</summary>
    public string Folder { get; set; } = "";

    /// <summary>The largest form in bytes.</summary>
    internal long MaxFormBytes => (MaxFiles * MaxFileBytes) + FormBytes;
}

[OptionsValidator]
internal sealed partial class PageUploadOptionsValidator : IValidateOptions<PageUploadOptions>;
