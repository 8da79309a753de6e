using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Packages;

namespace Stagedoor.Images.UploadSessions;

/// <summary><c>PUT /v2/manage/sessions/{session_id}/manifests</c>: what is said about the package whose file comes.</summary>
internal static class SubmitManifests
{
    internal sealed record Request(
        [property: Schema(PackageBody.BooleanSchema), JsonPropertyName("is_public")] JsonElement? IsPublic,
        [property: Schema(PackageBody.ObjectSchema)] JsonElement? Manifests,
        [property: Schema(PackageBody.TextSchema)] JsonElement? Description);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/sessions/{session_id}/manifests", HandleAsync)
        .WithName(nameof(SubmitManifests))
        .WithSummary("Say what the package of a session is")
        .Answers<Empty>(200, "It is kept.")
        .Action("swr:session:uploadManifest")
        .Audit("uploadManifest", "session")
        .FaultsAs(ImagesCodes.SaveFailed)
        .CanFail(
            ImagesCodes.InvalidParameter,
            ImagesCodes.InvalidSessionId,
            ImagesCodes.SessionNotFound,
            ImagesCodes.ReadSessionFailed,
            ImagesCodes.ManifestsMissing,
            ImagesCodes.InvalidIsPublic,
            ImagesCodes.InvalidMetaFile,
            ImagesCodes.TypeMustBeApp,
            ImagesCodes.DescriptionTooLong,
            ImagesCodes.BindSessionFailed);

    private static async Task<IResult> HandleAsync(
        string session_id, Request request, Caller caller, Sessions sessions, SessionStore store, CancellationToken cancellationToken)
    {
        var session = await sessions.OpenOwnAsync(session_id, caller, cancellationToken);
        if (!PackageBody.IsGiven(request.IsPublic) || !PackageBody.IsGiven(request.Manifests))
        {
            return ImagesError.ManifestParametersMissing();
        }

        var isPublic = PackageBody.ReadIsPublic(request.IsPublic)!.Value;
        var manifests = PackageBody.ReadManifests(request.Manifests)!;
        if (!session.IsApp)
        {
            // Nothing of an image session has a name and a version that entries could agree with.
            return ImagesError.PackageTypeIsNotApp(session.Type);
        }

        Check(request.Manifests!.Value, session);
        var description = PackageBody.ReadDescription(request.Description);
        return await store.SaveManifestsAsync(session.Id, manifests, isPublic, description, cancellationToken)
            ? TypedResults.Json(Empty.Value, UploadSessionsJson.Wire.Empty)
            : ImagesError.SessionNotBound(session.Id, "it takes nothing any more");
    }

    private static void Check(JsonElement manifests, UploadSession session)
    {
        foreach (var entry in manifests.EnumerateObject())
        {
            if (entry.Value.ValueKind is not JsonValueKind.Object
                || !Is(entry.Value, "name", session.Package)
                || !Is(entry.Value, "version", session.Version))
            {
                throw ImagesError.InvalidPackageManifests(
                    $"manifests.{Text.Cut(Text.Repair(entry.Name), 64)}: name and version are to be {session.Package} and {session.Version}");
            }
        }
    }

    private static bool Is(JsonElement entry, string member, string value) =>
        entry.TryGetProperty(member, out var found) && string.Equals(PackageBody.TextOf(found), value, StringComparison.Ordinal);
}
