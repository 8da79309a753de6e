using System.Globalization;
using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Packages;
using Stagedoor.Images.Quotas;

namespace Stagedoor.Images;

internal static partial class ImagesError
{
    /// <summary>A login of the registry that is none.</summary>
    public static ApiException LoginFailed() => new(
        ImagesCodes.AuthenticationFailed,
        "user and password are not PROJECT@ACCESSKEY and its login key, or the access key is not active, or the key is locked for some minutes after wrong logins");

    public static ApiException BodyPaused(string protocol, int seconds) => new(ImagesCodes.InvalidParameter, $"nothing of the body came for {seconds} s (Images:MaxBodyPauseSeconds)")
    {
        Status = StatusCodes.Status408RequestTimeout,
        Headers = HttpProtocol.IsHttp11(protocol) || HttpProtocol.IsHttp10(protocol) ? [new("Connection", "close")] : [],
    };

    public static ApiException RangeNotSatisfiable(long size) => new(ImagesCodes.InvalidParameter, string.Create(CultureInfo.InvariantCulture, $"Range lies outside of the {size} bytes"))
    {
        Status = StatusCodes.Status416RangeNotSatisfiable,
        Headers = [new("Content-Range", string.Create(CultureInfo.InvariantCulture, $"bytes */{size}"))],
    };

    public static ApiException PackageFileChanged(string file) => new(ImagesCodes.InvalidParameter, $"file={file}; If-Match or If-None-Match does not hold for what is there")
    {
        Status = StatusCodes.Status412PreconditionFailed,
    };

    public static ApiException InvalidDomain(string name) => new(ImagesCodes.InvalidDomain, $"domain={name}; the name of an account: 1-64 letters, digits, '_', '-'");

    public static ApiException DomainNotFound(string name) => new(ImagesCodes.InvalidDomain, $"domain={name}; there is no such account");

    public static ApiException InvalidOrganizationOrName(string what, string? name) => new(
        ImagesCodes.InvalidOrganizationOrName,
        $"{what}={name}; {(what is "namespace" ? "1-64" : "1-128")} of a-z, 0-9 and single '.', '_', '-' between them");

    public static ApiException InvalidPackageName(string? name) =>
        new(ImagesCodes.InvalidPackage, $"package={name}; 1-255 letters, digits, '_', '-', not beginning with '-'");

    public static ApiException PackageVersionEmpty() => new(ImagesCodes.VersionEmpty, "version is empty");

    public static ApiException InvalidPackageVersion(string? version) =>
        new(ImagesCodes.InvalidVersion, $"version={version}; 1-128 letters, digits, '_', '.', '-', not beginning with '.' or '-'");

    public static ApiException InvalidPackageFile(string? file) =>
        new(ImagesCodes.InvalidFileName, $"file={file}; 1-255 letters, digits, '.', '_', '+', '(', ')', '-', beginning with a letter, digit or '_', without '..'");

    public static ApiException UnsupportedPackageFile(string file, string suffixes) =>
        new(ImagesCodes.UnsupportedFileType, $"file={file}; kept are {suffixes} and names without a dot (Images:Packages:Suffixes)");

    public static ApiException PackageFileTooLarge(string file, long limit) =>
        new(ImagesCodes.FileTooLarge, $"file={file}, limit={limit} bytes (Images:Packages:MaxFileBytes)");

    public static ApiException PackageBytesExceeded(string organization, string file, FullOrganization full) => new(
        ImagesCodes.TagQuotaExceeded,
        string.Create(
            CultureInfo.InvariantCulture,
            $"file={file}: namespace={organization} holds {full.Used} bytes, may hold {full.Most}{(full.Added > 0 ? $", and the file needs {full.Added} more" : "")}"));

    public static ApiException PackageTypeIsNotApp(string? type) => new(ImagesCodes.TypeMustBeApp, $"type={type}");

    public static ApiException InvalidPackageType(string type) => new(ImagesCodes.InvalidTypeFilter, $"type={type}");

    public static ApiException InvalidPackageManifests(string detail) => new(ImagesCodes.InvalidMetaFile, detail);

    public static ApiException PackageNotFound(PackagePath path) => new(ImagesCodes.PackageNotFound, path.ToString());

    public static ApiException PackageExists(string what, string name) => new(ImagesCodes.ImageExists, $"{what}={name}");

    public static ApiException PackagesExist(string what, string name, string inIt) => new(ImagesCodes.PackagesExist, $"{what}={name}; {inIt}");

    public static ApiException PackageOfAnotherUser(string package, string creator) =>
        new(ImagesCodes.ImageOwnedByAnotherUser, $"package={package} was created by {creator}; uploading to it needs edit or manage on its organization");

    public static ApiException NoOrganizationToEdit(string organization) => new(ImagesCodes.NoEditableOrganization, $"namespace={organization}");

    public static ApiException PackageBusy(PackagePath path) => new(ImagesCodes.SystemBusy, path.ToString());

    public static ApiException PackageFileGone(string file, string problem, Exception? inner = null) =>
        new(ImagesCodes.StagedFileMissing, $"file={file}; {problem}", inner);

    public static ApiException PackageSigningOff() => new(ImagesCodes.SigningNotEnabled, "Images:Packages:Signing is false");
}
