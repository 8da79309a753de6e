using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Oci;

/// <summary><c>GET /v2/</c>: whether this is a registry, and whether the caller's login is good for it.</summary>
internal static class ShowVersion
{
    public static void Map(OciRoutes routes)
    {
        var gate = routes.Find<RegistryGate>();
        routes.Map(nameof(ShowVersion), "GET,HEAD", "/v2/", new(HandleAsync), RegistryResource.Root, RegistryResource.Base)
            .WithSummary("Tell that the registry is there, and who may come in")
            .AnswersContent(200, "application/json", "The caller is known.")
            .AnswersEmpty(301, "The same with a slash at the end.");

        async Task HandleAsync(HttpContext context)
        {
            if (string.Equals(context.Request.Path.Value, "/v2", StringComparison.Ordinal))
            {
                await AnswerBaseAsync(context);
                return;
            }

            await gate.OpenAsync(context);
            context.Response.Headers["Docker-Distribution-Api-Version"] = RegistryEndpoints.Version;
            await RegistryEndpoints.WriteJsonAsync(context.Response, "application/json", "{}"u8.ToArray(), context.RequestAborted);
        }
    }

    // Clients of the management API ask here which versions there are, and say that they read JSON or who they are in the gateway's way. A client of
    // the registry must come to the same conclusion as at `/v2/`, where it is told to log in.
    private static Task AnswerBaseAsync(HttpContext context)
    {
        var isManagement = context.RequestServices.GetRequiredService<CallerSlot>().Caller is not null
            || context.Request.Headers.Accept.Any(static a => a is not null
                && (a.Contains("application/json", StringComparison.OrdinalIgnoreCase) || a.Contains("text/html", StringComparison.OrdinalIgnoreCase)));
        if (isManagement && RegistryCredential.Of(context.Request.Headers.Authorization.ToString()).Kind is CredentialKind.Other)
        {
            return ApiVersions.Show(context, "v2").ExecuteAsync(context);
        }

        context.Response.Headers["Docker-Distribution-Api-Version"] = RegistryEndpoints.Version;
        context.Response.Headers.Location = "/v2/";
        context.Response.StatusCode = StatusCodes.Status301MovedPermanently;
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }
}
