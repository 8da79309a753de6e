using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Catalog;

namespace Stagedoor.Images.Oci;

/// <summary>The registry under <c>/v2/</c> (OCI distribution specification 1.1 and Docker's registry API version 2).</summary>
internal static class RegistryEndpoints
{
    /// <summary>The value of <c>Docker-Distribution-Api-Version</c>.</summary>
    public static readonly StringValues Version = "registry/2.0";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var oci = new OciRoutes(routes.MapGroup("/v2")
            .OfService("images")
            .ErrorsIn(Envelope.Oci)
            .Authenticate(AuthMode.Passthrough)
            .Takes(ApiCredential.Basic, ApiCredential.RegistryToken, ApiCredential.Token)
            .SpeaksJson(ImagesJson.Wire)
            .PathParameter("name", "The repository with its organization, as team/app.")
            .PathParameter("reference", "A tag or a digest.")
            .PathParameter("digest", "A digest, as sha256:….")
            .PathParameter("session_id", "The id of the upload.")
            .LimitBody(null)
            .Unthrottled()
            .AuditsItself());
        ShowVersion.Map(oci);
        PullManifest.Map(oci);
        PushManifest.Map(oci);
        DeleteManifest.Map(oci);
        PullBlob.Map(oci);
        DeleteBlob.Map(oci);
        StartUpload.Map(oci);
        ShowUpload.Map(oci);
        AppendUpload.Map(oci);
        FinishUpload.Map(oci);
        CancelUpload.Map(oci);
        ListImageTags.Map(oci);
        ListReferrers.Map(oci);
        ListCatalog.Map(oci);
        RefuseUnsupported.Map(oci);
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

    /// <summary>How many entries of a list are asked for, at most <paramref name="most"/>, which is what an answer has that says nothing.</summary>
    public static int PageSize(IQueryCollection query, int most)
    {
        if (query["n"].ToString() is not { Length: > 0 } text)
        {
            return most;
        }

        // More digits than fit ask for more than there is in a page all the same.
        return text.AsSpan().ContainsAnyExceptInRange('0', '9') ? throw RegistryError.InvalidParameter("n", text)
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? Math.Min(asked, most)
            : most;
    }

    /// <summary>A member of the query that a database is asked with; refused when none could hold it.</summary>
    public static string Stored(IQueryCollection query, string name) =>
        query[name].ToString() is var value && Text.IsStorable(value) ? value : throw RegistryError.InvalidParameter(name, Text.Repair(value));
}
