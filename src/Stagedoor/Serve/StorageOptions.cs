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

    /// <summary><c>files</c> (in the data directory) or <c>s3</c>.</summary>
    [AllowedValues("files", "s3")]
    public string Blobs { get; set; } = "files";
}

/// <summary>Checks <see cref="StorageOptions"/> by its attributes.</summary>
[OptionsValidator]
public sealed partial class StorageOptionsValidator : IValidateOptions<StorageOptions>;
