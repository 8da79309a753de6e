using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Stagedoor.Serve;

/// <summary>Settings under <c>Storage</c>: where metadata and blobs are kept.</summary>
public sealed class StorageOptions
{
    /// <summary><c>sqlite</c> (files in the data directory) or <c>postgresql</c>.</summary>
    [AllowedValues("sqlite", "postgresql")]
    public string Database { get; set; } = "sqlite";

    /// <summary>An Npgsql connection string, with <see cref="Database"/> <c>postgresql</c>.</summary>
    [PasswordPropertyText(true)]
    public string? PostgreSql { get; set; }

    /// <summary><c>files</c> (in a folder) or <c>s3</c>.</summary>
    [AllowedValues("files", "s3")]
    public string Blobs { get; set; } = "files";
}

/// <summary>Settings under <c>Storage:Files</c>: the blob store in a folder.</summary>
public sealed class FilesOptions
{
    private const string Default = "blobs";

    /// <summary>The folder of the blobs, with <c>Storage:Blobs</c> <c>files</c>; several processes share one. Without it <c>blobs</c> in the data directory.</summary>
    public string? Path { get; set; }

    /// <summary>The folder of an installation with this data directory.</summary>
    internal string In(string dataDirectory) =>
        System.IO.Path.GetFullPath(IsSet ? Path! : System.IO.Path.Combine(dataDirectory, Default));

    /// <summary>Whether it is somewhere else than usual.</summary>
    internal bool IsSet => !string.IsNullOrWhiteSpace(Path);

    internal static FilesOptions Of(IConfiguration configuration) => configuration.GetSection("Storage:Files").Get<FilesOptions>() ?? new();
}

/// <summary>Checks <see cref="StorageOptions"/> by its attributes.</summary>
[OptionsValidator]
public sealed partial class StorageOptionsValidator : IValidateOptions<StorageOptions>;
