using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Oci;

/// <summary>
/// The registry under <c>/v2/</c> (OCI distribution specification 1.1 and Docker's registry API version 2). Names contain slashes, so one route
/// per method takes every path, and <see cref="RegistryPath"/> reads it.
/// </summary>
internal sealed class RegistryEndpoints(
    RegistryAuthenticator authenticator,
    PullManifest pullManifest,
    PushManifest pushManifest,
    DeleteManifest deleteManifest,
    ListTags listTags,
    ListReferrers listReferrers,
    PullBlob pullBlob,
    StartUpload startUpload,
    AppendUpload appendUpload,
    FinishUpload finishUpload,
    ShowUpload showUpload,
    CancelUpload cancelUpload,
    DeleteBlob deleteBlob,
    RegistryAccess access,
    TimeProvider clock,
    IOptions<ImagesOptions> options)
{
    /// <summary>The value of <c>Docker-Distribution-Api-Version</c>.</summary>
    public static readonly StringValues Version = "registry/2.0";

    private static readonly ErrorDefinition[] s_everyone =
    [
        ImagesCodes.AuthenticationFailed, ImagesCodes.InvalidAccessKey, ImagesCodes.PermissionDenied, ImagesCodes.CrossAccountDenied,
        ImagesCodes.InvalidOrganizationName, ImagesCodes.InvalidImageName, ImagesCodes.RegistryOrganizationNotFound, ImagesCodes.UrlNotFound,
        ImagesCodes.InvalidDigest, ImagesCodes.CheckOrganizationFailed, ImagesCodes.GetOrganizationPermissionFailed, ImagesCodes.GetPermissionFailed,
    ];

    private static readonly ErrorDefinition[] s_pulling =
    [
        ImagesCodes.ImageNotFound, ImagesCodes.TagNotInRegistry, ImagesCodes.ManifestNotFound, ImagesCodes.BlobNotFound,
        ImagesCodes.TagListNotFound, ImagesCodes.SessionNotFound, ImagesCodes.InvalidParameter,
        ImagesCodes.LoadImageFailed, ImagesCodes.GetLayerFailed, ImagesCodes.InvalidLayer, ImagesCodes.GetTagListFailed,
        ImagesCodes.InvalidLayerUpload,
    ];

    private static readonly ErrorDefinition[] s_pushing =
    [
        ImagesCodes.NoEditableOrganization, ImagesCodes.ImageOwnedByAnotherUser, ImagesCodes.OrganizationQuotaExceeded,
        ImagesCodes.ImageLimitReached, ImagesCodes.InvalidParameter, ImagesCodes.FileTooLarge, ImagesCodes.SystemBusy, ImagesCodes.TooManyRequests,
        ImagesCodes.SessionNotFound, ImagesCodes.InvalidLayerUpload, ImagesCodes.CreateImagePathFailed, ImagesCodes.SaveLayerFailed,
        ImagesCodes.SaveOrganizationFailed, ImagesCodes.DeleteOrganizationFailed, ImagesCodes.SaveImageFailed,
    ];

    private static readonly ErrorDefinition[] s_pushingManifests =
    [
        ImagesCodes.TagQuotaExceeded, ImagesCodes.InvalidVersion, ImagesCodes.BodyTooLarge, ImagesCodes.UnparsableManifest,
        ImagesCodes.UnsupportedImageFormat, ImagesCodes.ConfigFileMissing, ImagesCodes.LayerFileMissing, ImagesCodes.ManifestNotFound,
        ImagesCodes.CreateTagFailed, ImagesCodes.UpdateTagFailed, ImagesCodes.UpdateFailed, ImagesCodes.RegistryUpdateOrganizationFailed,
    ];

    private static readonly ErrorDefinition[] s_deleting =
    [
        ImagesCodes.NoEditableOrganization, ImagesCodes.ImageNotFound, ImagesCodes.TagNotInRegistry, ImagesCodes.ManifestNotFound,
        ImagesCodes.BlobNotFound, ImagesCodes.SessionNotFound, ImagesCodes.InvalidVersion, ImagesCodes.DeleteImageFailed,
        ImagesCodes.ReleaseReferenceFailed, ImagesCodes.DeleteLayerFailed, ImagesCodes.UpdateFailed,
        ImagesCodes.RegistryUpdateOrganizationFailed, ImagesCodes.InvalidLayerUpload, ImagesCodes.SaveLayerFailed,
    ];

    public static void Map(IEndpointRouteBuilder routes)
    {
        var endpoints = routes.ServiceProvider.GetRequiredService<RegistryEndpoints>();
        var group = routes.MapGroup("/v2")
            .OfService("images")
            .ErrorsIn(Envelope.Oci)
            .Authenticate(AuthMode.Passthrough)
            .LimitBody(null)
            .Unthrottled()
            .AuditsItself()
            .CanFail(s_everyone);
        group.MapMethods("/{**path}", ["GET", "HEAD"], new RequestDelegate(endpoints.GetAsync)).WithName("RegistryPull").CanFail(s_pulling);
        group.MapMethods("/{**path}", ["POST", "PATCH"], new RequestDelegate(endpoints.UploadAsync)).WithName("RegistryUpload").CanFail(s_pushing);
        group.MapMethods("/{**path}", ["PUT"], new RequestDelegate(endpoints.PutAsync)).WithName("RegistryPush")
            .CanFail(s_pushing).CanFail(s_pushingManifests);
        group.MapMethods("/{**path}", ["DELETE"], new RequestDelegate(endpoints.DeleteAsync)).WithName("RegistryDelete").CanFail(s_deleting);
    }

    /// <summary>Writes a JSON document that is ready.</summary>
    public static async Task WriteJsonAsync(HttpResponse response, string mediaType, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        response.ContentType = mediaType;
        response.ContentLength = json.Length;
        if (!HttpMethods.IsHead(response.HttpContext.Request.Method))
        {
            await response.Body.WriteAsync(json, cancellationToken);
        }
    }

    /// <summary>A member of the query that a database is asked with; refused when none could hold it.</summary>
    public static string Stored(IQueryCollection query, string name) =>
        query[name].ToString() is var value && Text.IsStorable(value) ? value : throw RegistryError.InvalidParameter(name, Text.Repair(value));

    private Task GetAsync(HttpContext context) =>
        authenticator.FindKnown(context) is { } identity && pullManifest.FindAnswer(context, identity) is { } manifest
            ? pullManifest.AnswerAsync(context, manifest)
            : GetSlowlyAsync(context);

    private async Task GetSlowlyAsync(HttpContext context)
    {
        if (string.Equals(context.Request.Path.Value, "/v2", StringComparison.Ordinal))
        {
            await AnswerVersionAsync(context);
            return;
        }

        var (path, identity) = await BeginAsync(context);
        if (pullManifest.FindAnswer(context, identity) is { } manifest)
        {
            await pullManifest.AnswerAsync(context, manifest);
            return;
        }

        await (path.Resource switch
        {
            RegistryResource.Manifest => pullManifest.HandleAsync(context, identity, path),
            RegistryResource.Blob => pullBlob.HandleAsync(context, identity, path),
            RegistryResource.Tags => listTags.HandleAsync(context, identity, path),
            RegistryResource.Referrers => listReferrers.HandleAsync(context, identity, path),
            RegistryResource.Upload => showUpload.HandleAsync(context, identity, path),
            RegistryResource.Root => AnswerRootAsync(context),
            _ => throw Unsupported(context, path),
        });
    }

    private async Task UploadAsync(HttpContext context)
    {
        PatientBody.Give(context, clock, options.Value.MaxBodyPauseSeconds);
        var (path, identity) = await BeginAsync(context);
        if (path.Resource is RegistryResource.Uploads && (context.Request.Query.ContainsKey("mount") || context.Request.Query.ContainsKey("digest")))
        {
            // Else it is a beginning only, and what matters is how it ends.
            context.AuditAs(
                context.Request.Query.ContainsKey("mount") ? "mountLayer" : "uploadLayer", "layer", $"{path.Name}@{context.Request.Query["mount"]}{context.Request.Query["digest"]}");
        }

        await (path.Resource switch
        {
            RegistryResource.Uploads when HttpMethods.IsPost(context.Request.Method) => startUpload.HandleAsync(context, identity, path),
            RegistryResource.Upload when HttpMethods.IsPatch(context.Request.Method) => appendUpload.HandleAsync(context, identity, path),
            _ => throw Unsupported(context, path),
        });
    }

    private async Task PutAsync(HttpContext context)
    {
        PatientBody.Give(context, clock, options.Value.MaxBodyPauseSeconds);
        var (path, identity) = await BeginAsync(context);
        if (path.Resource is RegistryResource.Manifest)
        {
            context.AuditAs("pushManifest", "image", Named(path));
        }
        else if (path.Resource is RegistryResource.Upload)
        {
            context.AuditAs("uploadLayer", "layer", $"{path.Name}@{context.Request.Query["digest"]}");
        }

        await (path.Resource switch
        {
            RegistryResource.Manifest => pushManifest.HandleAsync(context, identity, path),
            RegistryResource.Upload => finishUpload.HandleAsync(context, identity, path),
            _ => throw Unsupported(context, path),
        });
    }

    private async Task DeleteAsync(HttpContext context)
    {
        var (path, identity) = await BeginAsync(context);
        if (path.Resource is RegistryResource.Manifest or RegistryResource.Blob)
        {
            context.AuditAs(
                path.Resource is RegistryResource.Blob ? "deleteLayer" : path.Reference.Contains(':', StringComparison.Ordinal) ? "deleteManifest" : "deleteImageTag",
                path.Resource is RegistryResource.Blob ? "layer" : "image",
                Named(path));
        }

        await (path.Resource switch
        {
            RegistryResource.Manifest => deleteManifest.HandleAsync(context, identity, path),
            RegistryResource.Blob => deleteBlob.HandleAsync(context, identity, path),
            RegistryResource.Upload => cancelUpload.HandleAsync(context, identity, path),
            _ => throw Unsupported(context, path),
        });
    }

    private async ValueTask<(RegistryPath Path, RegistryIdentity Identity)> BeginAsync(HttpContext context)
    {
        var path = RegistryPath.Parse(context.Request.Path.Value!);
        var slot = context.RequestServices.GetRequiredService<CallerSlot>();
        var lookedAt = clock.GetTimestamp();
        var identity = await authenticator.RequireAsync(context);
        // For the records of the gateway, which has not looked at a login.
        slot.Found = identity.Caller;
        if (context.Request.Body is PatientBody)
        {
            (slot.LookedAt, slot.LookAgain) = (lookedAt, () => LookAgainAsync(context, path));
        }

        return (path, identity);
    }

    private async ValueTask LookAgainAsync(HttpContext context, RegistryPath path)
    {
        var identity = await authenticator.RequireAgainAsync(context);
        await access.OpenForPushAsync(context, identity, path.Name, ImagesCodes.GetPermissionFailed);
    }

    private static string Named(RegistryPath path) =>
        path.Name + (path.Reference.Contains(':', StringComparison.Ordinal) ? "@" : ":") + path.Reference;

    // Clients of the management API ask here which versions there are, and say that they read JSON or who they are in the gateway's way. A client of
    // the registry must come to the same conclusion as at `/v2/`, where it is told to log in.
    private static Task AnswerVersionAsync(HttpContext context)
    {
        var isManagement = context.RequestServices.GetRequiredService<CallerSlot>().Caller is not null
            || context.Request.Headers.Accept.Any(static a => a is not null
                && (a.Contains("application/json", StringComparison.OrdinalIgnoreCase) || a.Contains("text/html", StringComparison.OrdinalIgnoreCase)));
        if (isManagement && RegistryCredential.Of(context.Request.Headers.Authorization.ToString()).Kind is CredentialKind.Other)
        {
            return ApiVersions.Show(context, "v2").ExecuteAsync(context);
        }

        context.Response.Headers["Docker-Distribution-Api-Version"] = Version;
        context.Response.Headers.Location = "/v2/";
        context.Response.StatusCode = StatusCodes.Status301MovedPermanently;
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    private static Task AnswerRootAsync(HttpContext context)
    {
        context.Response.Headers["Docker-Distribution-Api-Version"] = Version;
        return WriteJsonAsync(context.Response, "application/json", "{}"u8.ToArray(), context.RequestAborted);
    }

    // Listing every repository is not offered, as in the original service.
    private static ApiException Unsupported(HttpContext context, RegistryPath path) =>
        path.Resource is RegistryResource.Unknown or RegistryResource.Catalog
            ? RegistryError.PathUnknown(context.Request.Path.Value!)
            : RegistryError.MethodUnsupported(context.Request.Method, context.Request.Path.Value!);
}
