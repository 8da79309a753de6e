using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Organizations;
using Stagedoor.Images.Packages;
using Stagedoor.Images.PageUploads;
using Stagedoor.Images.Requests;
using Stagedoor.Storage;

namespace Stagedoor.Images.UploadSessions;

/// <summary><c>PATCH /v2/manage/sessions/{session_id}</c>: stores what the file is, or gives it up.</summary>
internal sealed class FinishSession(
    SessionStore store, Sessions sessions, SpoolFolder folder, UploadImages images, PackageIntake intake, ImageAddresses addresses)
{
    internal sealed record Request(string? Status);

    internal sealed record Response(
        string SessionId,
        string Status,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<UploadImages.Image>? Images = null,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PackageFileView? File = null);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPatch(
            "/sessions/{session_id}",
            static (string session_id, Request request, HttpContext context, Caller caller, FinishSession finish) => finish.HandleAsync(session_id, request, context, caller))
        .WithName(nameof(FinishSession))
        .WithSummary("Store the file of a session, or give it up")
        .Answers<Response>(200, "It is stored, or given up.")
        .Action("swr:session:finishSession")
        .Audit("postMultipartImagePackage", "image")
        .FaultsAs(ImagesCodes.UpdateStatusFailed)
        .CanFail(
            ImagesCodes.RequiredParameterMissing,
            ImagesCodes.InvalidSessionId,
            ImagesCodes.SessionNotFound,
            ImagesCodes.InvalidSessionStatus,
            ImagesCodes.BindSessionFailed,
            ImagesCodes.SystemBusy,
            ImagesCodes.SessionLockFailed,
            ImagesCodes.ReadSessionFailed,
            ImagesCodes.StagedFileMissing,
            ImagesCodes.SeekFailed,
            ImagesCodes.HashFileFailed,
            ImagesCodes.ParseJsonFileFailed,
            ImagesCodes.ManifestsMissing)
        .CanFail(ImageAddresses.Faults)
        .CanFail(UploadImages.Refusals)
        .CanFail(PackageIntake.Failures);

    private async Task<IResult> HandleAsync(string id, Request request, HttpContext context, Caller caller)
    {
        var cancellationToken = context.RequestAborted;
        var session = await sessions.OpenAsync(id, caller, cancellationToken);
        if (string.IsNullOrEmpty(request.Status))
        {
            return ImagesError.RequiredParameterMissing("status");
        }

        if (request.Status is not (UploadSession.Done or UploadSession.Error))
        {
            return ImagesError.InvalidSessionStatus(request.Status);
        }

        context.AuditAs(session.IsApp ? "uploadFile" : "postMultipartImagePackage", session.IsApp ? "packageFile" : "image", session.FileName);
        await sessions.BindAsync(session, caller, isEnding: true, cancellationToken);
        var hosts = await addresses.FindAsync(context);
        await using var turn = await sessions.TakeTurnAsync(session.Id, ImagesCodes.SessionLockFailed, cancellationToken);
        session = await sessions.OpenAsync(id, caller, cancellationToken);
        var organization = await sessions.BindAsync(session, caller, isEnding: true, cancellationToken);
        if (request.Status is UploadSession.Error)
        {
            await SetAsync(session, UploadSession.Error, null);
            await sessions.DropStagedAsync(session.Id);
            return TypedResults.Json(new Response(session.Id, UploadSession.Error), UploadSessionsJson.Wire.FinishSessionResponse);
        }

        if (session.Size >= 0 && session.Size != session.Received)
        {
            return ImagesError.InvalidParameter($"{session.Received} of {session.Size} bytes have come");
        }

        session = await SetAsync(session, UploadSession.Verifying, null);
        var response = await FinishAsync(session, organization, caller, hosts, cancellationToken);
        await SetAsync(session, UploadSession.Done, null);
        await sessions.DropStagedAsync(session.Id);
        return TypedResults.Json(response, UploadSessionsJson.Wire.FinishSessionResponse);
    }

    private async Task<Response> FinishAsync(
        UploadSession session, Organization organization, Caller caller, ImageHosts hosts, CancellationToken cancellationToken)
    {
        try
        {
            return session.IsApp
                ? await StorePackageAsync(session, organization, caller, hosts, cancellationToken)
                : await StoreImagesAsync(session, organization, caller, hosts, cancellationToken);
        }
        catch (ApiException failure) when (failure.Error != ImagesCodes.SystemBusy)
        {
            await EndAsync(session, UploadSession.Error, failure);
            await sessions.DropStagedAsync(session.Id);

            // The bytes of one that was removed meanwhile are gone with it, and that they cannot be read is no fault of the server.
            if (failure.Status >= 500 && await IsGoneAsync(session.Id))
            {
                throw new ApiException(ImagesCodes.SessionNotFound, $"session_id={session.Id}", failure);
            }

            throw;
        }
        catch
        {
            // The caller has gone away, or somebody else is in the way for a moment: it may ask once more.
            await EndAsync(session, UploadSession.Uploading, null);
            throw;
        }
    }

    private async Task<Response> StoreImagesAsync(
        UploadSession session, Organization organization, Caller caller, ImageHosts hosts, CancellationToken cancellationToken)
    {
        using var file = await SpoolAsync(session, cancellationToken);
        CheckDigest(session, file.Sha256);
        var stored = await images.StoreAsync([file], organization, session.Repository, "", caller, hosts.External, cancellationToken);
        return new(session.Id, UploadSession.Done, Images: [.. stored.SelectMany(static a => a.Images)]);
    }

    private async Task<Response> StorePackageAsync(
        UploadSession session, Organization organization, Caller caller, ImageHosts hosts, CancellationToken cancellationToken)
    {
        await using var staged = await sessions.OpenStagedAsync(session, ImagesCodes.StagedFileMissing, ImagesCodes.StagedFileMissing, cancellationToken);
        var digest = await HashAsync(staged, cancellationToken).FaultAsStore(ImagesCodes.HashFileFailed);
        CheckDigest(session, digest);
        CheckManifests(session);
        await using var content = await staged.OpenReadAsync(cancellationToken).FaultAsStore(ImagesCodes.HashFileFailed);
        var delivery = new PackageDelivery
        {
            Caller = caller,
            Organization = organization,
            Repository = session.Repository.Length == 0 ? null : session.Repository,
            Package = session.Package,
            Version = session.Version,
            File = session.FileName,
            Digest = digest,
            Size = session.Received,
            Content = content,
            Manifests = session.Manifests!,
            IsPublic = session.IsPublic == 1,
            Description = session.Description,
        };
        var stored = await intake.StoreAsync(delivery, cancellationToken);
        return new(session.Id, UploadSession.Done, File: PackageFileView.Of(stored.Path, stored.Row, hosts));
    }

    private static async Task<Digest> HashAsync(IBlobUpload staged, CancellationToken cancellationToken)
    {
        await using var content = await staged.OpenReadAsync(cancellationToken);
        return await BlobHash.OfAsync(BlobHash.Sha256, content, cancellationToken);
    }

    private static void CheckDigest(UploadSession session, Digest digest)
    {
        if (session.Sha256.Length > 0 && !string.Equals(digest.Hex, session.Sha256, StringComparison.Ordinal))
        {
            throw ImagesError.DeclaredDigestMismatch(session.FileName, session.Sha256, digest.Hex);
        }
    }

    private static void CheckManifests(UploadSession session)
    {
        if (session.Manifests is null)
        {
            throw ImagesError.ManifestParametersMissing();
        }

        try
        {
            using var json = JsonDocument.Parse(session.Manifests);
        }
        catch (JsonException e)
        {
            throw new ApiException(ImagesCodes.ParseJsonFileFailed, $"session_id={session.Id}: what is stored as its manifests cannot be read", e);
        }
    }

    // Archives are read from everywhere, and staged bytes from their beginning to their end.
    private async Task<UploadedFile> SpoolAsync(UploadSession session, CancellationToken cancellationToken)
    {
        await using var staged = await sessions.OpenStagedAsync(session, ImagesCodes.StagedFileMissing, ImagesCodes.StagedFileMissing, cancellationToken);
#pragma warning disable CA2000 // It is the caller's.
        return await CopyAsync(session, staged, cancellationToken).FaultAsStore(ImagesCodes.HashFileFailed);
#pragma warning restore CA2000
    }

    private async Task<UploadedFile> CopyAsync(UploadSession session, IBlobUpload staged, CancellationToken cancellationToken)
    {
        SpooledFile? spooled = null;
        try
        {
            spooled = folder.CreateSpooled();
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var buffer = PageBuffer.Rent();
            await using var content = await staged.OpenReadAsync(cancellationToken);
            int read;
            while ((read = await content.ReadAsync(buffer.Memory, cancellationToken)) > 0)
            {
                hash.AppendData(buffer.Memory.Span[..read]);
                await spooled.AppendAsync(buffer.Memory[..read], cancellationToken);
            }

            var file = new UploadedFile(session.FileName, spooled, Digest.Sha256(hash.GetHashAndReset()));
            spooled = null;
            return file;
        }
        finally
        {
            spooled?.Dispose();
        }
    }

    private async Task<UploadSession> SetAsync(UploadSession session, string status, ApiException? failure)
    {
        var isSet = await store.SetStatusAsync(
            session, status, failure?.Error.Code ?? "", failure?.Error.Message ?? "", failure?.Detail ?? "", CancellationToken.None).FaultAs(ImagesCodes.UpdateStatusFailed);
        return isSet ? session with { Status = status, Epoch = session.Epoch + 1 }
            : throw (await IsGoneAsync(session.Id) ? ImagesError.SessionNotFound(session.Id) : ImagesError.SessionBusy(session.Id));
    }

    // Only a turn that was lost unawares, or bytes that rested for too long, lead here: whoever deletes a session takes its turn before.
    private async Task<bool> IsGoneAsync(string id)
    {
        try
        {
            return !await store.HasAsync(id, CancellationToken.None);
        }
        catch (StorageException)
        {
            return false;
        }
    }

    // The failure is the one to report; a session that stays as it was can be ended once more.
    private async Task EndAsync(UploadSession session, string status, ApiException? failure)
    {
        try
        {
            await SetAsync(session, status, failure);
        }
        catch (ApiException)
        {
        }
    }
}
