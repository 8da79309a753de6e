using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Organizations;
using Stagedoor.Images.Packages;
using Stagedoor.Images.PageUploads;
using Stagedoor.Images.Repositories;
using Stagedoor.Storage;

namespace Stagedoor.Images.UploadSessions;

/// <summary><c>POST /v2/manage/sessions</c>: begins the upload of a file in pieces.</summary>
internal sealed class CreateSession(
    SessionStore store,
    Sessions sessions,
    OrganizationAccess access,
    AccessStore grants,
    PackageIntake intake,
    ContentStore content,
    TimeProvider clock,
    IdSource ids,
    IOptions<PageUploadOptions> options,
    IOptions<PackageOptions> packages)
{
    internal sealed record Request(
        string? Type, string? Namespace, [property: JsonPropertyName("file_name")] string? FileName, string? Repository, string? Package, string? Version, long? Size, string? Sha256);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/sessions", static (Request request, Caller caller, CreateSession create, CancellationToken cancellationToken) => create.HandleAsync(request, caller, cancellationToken))
        .WithName(nameof(CreateSession))
        .WithSummary("Begin the upload of a file in pieces")
        .Answers<BegunSessionView>(201, "It has begun.")
        .Action("swr:session:createSession")
        .Audit("createSession", "session")
        .FaultsAs(ImagesCodes.CreateSessionFailed)
        .CanFail(
            ImagesCodes.InvalidParameter,
            ImagesCodes.RequiredParameterMissing,
            ImagesCodes.InvalidSessionType,
            ImagesCodes.InvalidOrganizationName,
            ImagesCodes.VersionEmpty,
            ImagesCodes.InvalidVersion,
            ImagesCodes.InvalidPackage,
            ImagesCodes.InvalidImageName,
            ImagesCodes.InvalidFileName,
            ImagesCodes.InvalidUploadType,
            ImagesCodes.UnsupportedFileType,
            ImagesCodes.FileTooLarge,
            ImagesCodes.InvalidDigest,
            ImagesCodes.OrganizationNotFound,
            ImagesCodes.CrossAccountDenied,
            ImagesCodes.GetOrganizationFailed,
            ImagesCodes.GetOrganizationPermissionFailed,
            ImagesCodes.NoEditableOrganization,
            ImagesCodes.ImageOwnedByAnotherUser,
            ImagesCodes.PermissionDenied,
            ImagesCodes.PackageNotFound,
            ImagesCodes.GetPackageFailed,
            ImagesCodes.SystemBusy,
            ImagesCodes.ObjectStorageUnavailable);

    private async Task<IResult> HandleAsync(Request request, Caller caller, CancellationToken cancellationToken)
    {
        var row = Read(request);
        var organization = await access.OpenAsync(row.Organization, caller, cancellationToken);
        await grants.RequireEditSomewhereAsync(caller, cancellationToken);
        if (row.IsApp)
        {
            await intake.CheckTargetAsync(organization, row.Repository.Length == 0 ? null : row.Repository, row.Package, row.Version, caller, cancellationToken);
        }

        row = row with
        {
            Id = ids.NewGuid().ToString("D"),
            OrganizationId = organization.Id,
            DomainId = caller.DomainId,
            UserId = caller.UserId,
            UpdatedAt = clock.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        return await FindOpenOrBeginAsync(row, cancellationToken) is { } open
            ? ImagesError.SessionOpen(row.Organization, open)
            : TypedResults.Json(BegunSessionView.Of(row, sessions.Idle), UploadSessionsJson.Wire.BegunSessionView, statusCode: StatusCodes.Status201Created);
    }

    private async Task<string?> FindOpenOrBeginAsync(UploadSession row, CancellationToken cancellationToken)
    {
        await using var staged = await content.Blobs.CreateUploadAsync(row.StagedId, cancellationToken).FaultAsStore(ImagesCodes.CreateSessionFailed);
        var isAdded = false;
        try
        {
            var (open, dropped) = await store.AddAsync(row, sessions.Idle, cancellationToken).FaultAs(ImagesCodes.CreateSessionFailed);
            isAdded = open is null;
            foreach (var id in dropped)
            {
                await sessions.DropStagedAsync(id);
            }

            return open;
        }
        finally
        {
            if (!isAdded)
            {
                await AbortAsync(staged);
            }
        }
    }

    // What cannot be dropped now has no session, and is dropped by the reaper.
    private static async Task AbortAsync(IBlobUpload staged)
    {
        try
        {
            await staged.AbortAsync(CancellationToken.None);
        }
        catch (StorageException)
        {
        }
    }

    private UploadSession Read(Request request)
    {
        var (type, organization, file) = (Require(request.Type, "type"), Require(request.Namespace, "namespace"), Require(request.FileName, "file_name"));
        if (type is not (UploadSession.ImageType or UploadSession.AppType))
        {
            throw ImagesError.InvalidSessionType(type);
        }

        var isApp = type is UploadSession.AppType;
        var (package, version) = ("", "");
        if (isApp)
        {
            package = Require(request.Package, "package");
            version = request.Version is null ? throw ImagesError.RequiredParameterMissing("version") : request.Version;
            if (version.Length == 0)
            {
                throw ImagesError.PackageVersionEmpty();
            }
        }

        if (!Organization.IsValidName(organization))
        {
            throw ImagesError.InvalidOrganizationName(organization);
        }

        if (isApp)
        {
            CheckPackage(package, version);
        }

        var repository = request.Repository ?? "";
        if (repository.Length > 0 && !(isApp ? PackageName.IsValidRepository(repository) : RepositoryName.IsValidRepository(repository)))
        {
            throw ImagesError.InvalidRepositoryName(Text.Cut(Text.Repair(repository), 256));
        }

        CheckFile(file, isApp);
        var largest = isApp ? packages.Value.MaxFileBytes : options.Value.MaxFileBytes;
        if (request.Size is < 0)
        {
            throw ImagesError.InvalidParameter("size is less than 0");
        }

        if (request.Size > largest)
        {
            throw isApp ? ImagesError.PackageFileTooLarge(file, largest) : ImagesError.UploadedFileTooLarge(file, largest);
        }

        if (request.Sha256 is { } hex && !Digest.TryParse("sha256:" + hex, out _))
        {
            throw ImagesError.InvalidDeclaredDigest(hex);
        }

        return new()
        {
            Type = type,
            Organization = organization,
            FileName = file,
            Repository = repository,
            Package = package,
            Version = version,
            Size = request.Size ?? -1,
            Sha256 = request.Sha256 ?? "",
        };
    }

    private static void CheckPackage(string package, string version)
    {
        if (!PackageName.IsValidVersion(version))
        {
            throw ImagesError.InvalidPackageVersion(Text.Cut(Text.Repair(version), 256));
        }

        if (!PackageName.IsValidPackage(package))
        {
            throw ImagesError.InvalidPackageName(Text.Cut(Text.Repair(package), 256));
        }
    }

    private void CheckFile(string file, bool isApp)
    {
        if (!PackageName.IsValidFile(file))
        {
            throw ImagesError.InvalidFileName(file);
        }

        if (!isApp)
        {
            ArchiveFileName.Check(file);
        }
        else if (packages.Value.Suffixes is var suffixes && !PackageName.HasSuffixOf(file, suffixes.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            throw ImagesError.UnsupportedPackageFile(file, suffixes);
        }
    }

    private static string Require(string? value, string name) => value is { Length: > 0 } ? value : throw ImagesError.RequiredParameterMissing(name);
}
