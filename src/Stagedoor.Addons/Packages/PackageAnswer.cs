using Microsoft.AspNetCore.Http;
using Stagedoor.Content.Responses;
using Stagedoor.Storage;

namespace Stagedoor.Addons.Packages;

/// <summary>Sends a package that is open.</summary>
internal static class PackageAnswer
{
    public static Task SendAsync(BlobContent content, string name, string version, string digest, HttpResponse response, CancellationToken cancellationToken)
    {
        response.ContentType = "application/gzip";
        response.ContentLength = content.Length;
        response.Headers.ETag = $"\"{digest}\"";
        // Name and version are of letters that need no quoting; + of a version is one of them.
        response.Headers.ContentDisposition = $"attachment; filename=\"{name}-{version}.tgz\"";
        return HttpMethods.IsHead(response.HttpContext.Request.Method) ? Task.CompletedTask : BlobResponse.SendAsync(content, response, cancellationToken);
    }
}
