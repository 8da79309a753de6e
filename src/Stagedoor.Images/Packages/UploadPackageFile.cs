using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Manifests;
using Stagedoor.Images.Organizations;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Packages;

/// <summary><c>PUT …/versions/{version}/file_paths/{file}</c>: the body is the file, or a form with it.</summary>
/// <remarks>Nothing is held while the body comes. What counts is recorded in one step at the end: until then the file is what it was, and of two at once the later stays.</remarks>
internal sealed class UploadPackageFile(
    PackageGate gate,
    PackageAccess access,
    PackageFileStore files,
    PackageContent content,
    PackageMeta meta,
    OrganizationStore organizations,
    ImageAddresses addresses,
    IOptions<PackageOptions> options,
    IOptions<ImagesOptions> images)
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut(
            "/repositories/{repository}/packages/{package}/versions/{version}/file_paths/{file}",
            static (HttpContext context, CallerSlot slot, UploadPackageFile upload) => upload.HandleAsync(context, slot))
        .WithName(nameof(UploadPackageFile))
        .WithSummary("Upload a file of a version, or replace it")
        .WithMetadata(new FileBodyMetadata())
        .ReadsContent("application/octet-stream")
        .HeaderParameter("If-Match", "The ETag that the file must have which is replaced; * for any.")
        .HeaderParameter("If-None-Match", "* for a file that must not be there yet.")
        .Answers<PackageFileView>(201, "The file.")
        .LimitBody(null)
        .Action("swr:package:uploadFile")
        .Audit("uploadFile", "packageFile")
        .FaultsAs(ImagesCodes.SaveToDatabaseFailed, ImagesCodes.SaveFileFailed)
        .ChangesPackage()
        .CanFail(PackageForm.Refusals)
        .CanFail(ImageAddresses.Faults)
        .CanFail(
            ImagesCodes.UnsupportedFileType,
            ImagesCodes.FileTooLarge,
            ImagesCodes.TagQuotaExceeded,
            ImagesCodes.ReadFormFileFailed,
            ImagesCodes.ImageOwnedByAnotherUser,
            ImagesCodes.ObjectStorageUnavailable,
            ImagesCodes.HashFileFailed,
            ImagesCodes.UpdateDatabaseFailed,
            ImagesCodes.SyncMetaFileFailed);

    private async Task<IResult> HandleAsync(HttpContext context, CallerSlot slot)
    {
        var cancellationToken = context.RequestAborted;
        var path = PackagePath.Of(context);
        var name = path.File!;
        var (limit, suffixes) = (options.Value.MaxFileBytes, options.Value.Suffixes);
        if (!PackageName.HasSuffixOf(name, suffixes.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            return ImagesError.UnsupportedPackageFile(name, suffixes);
        }

        var form = PackageForm.Find(context.Request);
        if (form is null && context.Request.ContentLength > limit)
        {
            return ImagesError.PackageFileTooLarge(name, limit);
        }

        var place = await OpenAsync(path, slot, cancellationToken);
        // Whoever sends for long may have lost the right meanwhile, or the version may have gone.
        slot.LookAgain = async () =>
        {
            await gate.LookAgainAsync(context);
            place = await OpenAsync(path, slot, cancellationToken);
        };

        // Asked first: it says what a fault of recording it is called, and where the file is printed.
        var hosts = await addresses.FindAsync(context);
        var replaced = await files.FindAsync(place.VersionId, name, cancellationToken);
        var failed = replaced is null ? ImagesCodes.SaveToDatabaseFailed : ImagesCodes.UpdateDatabaseFailed;
        // Spares whoever is late the upload, too; what counts is decided when it is recorded.
        var precondition = Precondition.Of(context.Request);
        if (!precondition.Holds(replaced?.Hash))
        {
            return ImagesError.PackageFileChanged(name);
        }

        await CheckRoomAsync(place.Organization, name, form is null ? context.Request.ContentLength : null, replaced?.Size ?? 0, cancellationToken);
        var (digest, size) = await TakeAsync(context.Request, form, place, name, limit, failed, cancellationToken);
        var put = await files.PutAsync(place, name, digest, size, precondition, cancellationToken).ChangeFaultAs(failed);
        switch (put.Change)
        {
            case PackageChange.Done:
                break;
            case PackageChange.Unmet:
                return ImagesError.PackageFileChanged(name);
            case PackageChange.Full:
                return ImagesError.PackageBytesExceeded(place.Organization.Name, name, put.Full!);
            case PackageChange.Lost:
                throw new ApiException(ImagesCodes.SaveFileFailed, $"file={name}; its bytes were removed before they were recorded");
            default:
                return ImagesError.PackageNotFound(path);
        }

        var row = await files.FindAsync(place.VersionId, name, cancellationToken).FaultAs(failed);
        // Another upload of the same file may be recorded behind this one: the answer is of what was sent here.
        var answer = row is null ? null : row with { Size = size, Digest = digest.ToString() };
        await meta.WriteAsync(place.RepositoryId, cancellationToken);
        return answer is null
            ? ImagesError.PackageNotFound(path)
            : TypedResults.Json(PackageFileView.Of(path, answer, hosts), PackagesJson.Wire.PackageFileView, statusCode: StatusCodes.Status201Created);
    }

    private async Task<PackagePlace> OpenAsync(PackagePath path, CallerSlot slot, CancellationToken cancellationToken)
    {
        var place = await access.FindForUploadAsync(path, slot.Require(), cancellationToken);
        PackageAccess.CheckUpload(place);
        return place;
    }

    // Spares whoever has no room the upload. What counts is decided when it is recorded.
    private async Task CheckRoomAsync(Organization organization, string name, long? size, long replaced, CancellationToken cancellationToken)
    {
        if ((organization.QuotaBytes ?? images.Value.MaxBytesPerOrganization) is > 0 and var most)
        {
            var used = await organizations.FindUsedBytesAsync(organization.Id, cancellationToken).FaultAs(ImagesCodes.CheckOrganizationFailed);
            var added = (size ?? replaced + 1) - replaced;
            if (added > 0 && used + added > most)
            {
                throw ImagesError.PackageBytesExceeded(organization.Name, name, new() { Used = used, Most = most, Added = size is null ? 0 : added });
            }
        }
    }

    // Stores the bytes for the repository; nothing refers to them yet.
    private async Task<(Digest Digest, long Size)> TakeAsync(
        HttpRequest request, PackageForm? form, PackagePlace place, string name, long limit, ErrorDefinition notRecorded, CancellationToken cancellationToken)
    {
        var notSaved = form is null ? ImagesCodes.SaveFileFailed : ImagesCodes.ReadFormFileFailed;
#pragma warning disable CA2000 // The form's file ends with the request's body, which is the server's.
        var body = form is null ? request.Body : await form.OpenFileAsync(cancellationToken);
#pragma warning restore CA2000
        await using var upload = await content.BeginAsync(place.RepositoryId, cancellationToken).BytesFaultAs(notSaved, notRecorded);
        var isStored = false;
        try
        {
            var copied = await upload.ReceiveAsync(body, BlobHash.Sha256, limit, cancellationToken).BytesFaultAs(notSaved, notRecorded);
            if (copied is not { IsOver: false })
            {
                throw ImagesError.PackageFileTooLarge(name, limit);
            }

            if (form is not null)
            {
                await form.EndAsync(cancellationToken);
            }

            var size = upload.Length;
            var digest = await upload.ComputeAsync(BlobHash.Sha256, cancellationToken).BytesFaultAs(ImagesCodes.HashFileFailed, notRecorded);
            isStored = await content.StoreAsync(place.RepositoryId, upload, digest, ImagesCodes.SaveFileFailed, notRecorded, cancellationToken);
            return isStored ? (digest, size) : throw ImagesError.PackageNotFound(place.Path);
        }
        finally
        {
            if (!isStored)
            {
                await upload.AbortAsync().BytesFaultAs(notSaved, notRecorded);
            }
        }
    }
}
