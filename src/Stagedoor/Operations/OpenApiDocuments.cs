using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.OpenApi;
using Stagedoor.Http;

namespace Stagedoor.Operations;

/// <summary><c>GET /openapi/{service}.json</c>: each service's operations with the codes that each can answer, from the metadata the code runs on.</summary>
internal static class OpenApiDocuments
{
    internal static IServiceCollection AddOpenApiDocuments(this IServiceCollection services, IReadOnlyList<IModule> modules)
    {
        foreach (var service in modules.Select(static m => m.Name))
        {
            services.AddOpenApi(service, options =>
            {
                options.ShouldInclude = description => !IsHeadOfGet(description) && string.Equals(ServiceOf(description.ActionDescriptor.EndpointMetadata), service, StringComparison.Ordinal);
                options.AddDocumentTransformer((document, context, _) =>
                {
                    AddDispatched(document, service, context.ApplicationServices.GetRequiredService<EndpointDataSource>());
                    document.Info = new() { Title = $"Stagedoor {service}", Version = Build.Version };
                    document.Servers?.Clear();
                    return Task.CompletedTask;
                });
                options.AddOperationTransformer(static (operation, context, _) =>
                {
                    AddErrors(operation, context.Description.ActionDescriptor.EndpointMetadata);
                    return Task.CompletedTask;
                });
            });
        }

        return services;
    }

    internal static void MapOpenApiDocuments(this IEndpointRouteBuilder routes) =>
        routes.MapOpenApi("/openapi/{documentName}.json").AddEndpointFilter(RefuseUnknownAsync).Authenticate(AuthMode.None).Unthrottled();

    // The framework answers another name with a text that repeats it. An empty 404 becomes that of a path without a route.
    private static ValueTask<object?> RefuseUnknownAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        context.HttpContext.GetRouteValue("documentName") is string name
        && context.HttpContext.RequestServices.GetRequiredService<ModuleSet>().All.Any(m => string.Equals(m.Name, name, StringComparison.OrdinalIgnoreCase))
            ? next(context)
            : ValueTask.FromResult<object?>(Results.NotFound());

    // The operations of the registry share one pattern, which the framework's own description passes over.
    private static void AddDispatched(OpenApiDocument document, string service, EndpointDataSource routes)
    {
        var dispatched = routes.Endpoints.OfType<RouteEndpoint>().Where(e =>
            e.Metadata.GetMetadata<System.Reflection.MethodInfo>() is null
            && e.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null
            && string.Equals(e.Metadata.GetMetadata<ServiceMetadata>()?.Service, service, StringComparison.Ordinal));
        foreach (var endpoint in dispatched)
        {
            document.Paths ??= [];
            var path = endpoint.Metadata.GetMetadata<PathTemplateMetadata>()?.Template
                ?? "/" + endpoint.RoutePattern.RawText!.TrimStart('/').Replace("**", "", StringComparison.Ordinal);
            var methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [];
            foreach (var method in methods.Where(m => m is not "HEAD" || !methods.Contains("GET", StringComparer.Ordinal)))
            {
                var operation = new OpenApiOperation
                {
                    OperationId = endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName,
                    Responses = new() { ["default"] = new OpenApiResponse { Description = "As the OCI distribution specification says." } },
                };
                AddErrors(operation, [.. endpoint.Metadata]);
                if (!document.Paths.TryGetValue(path, out var item))
                {
                    document.Paths[path] = item = new OpenApiPathItem { Operations = [] };
                }

                item.Operations![HttpMethod.Parse(method)] = operation;
            }
        }
    }

    // Whoever reads the document knows that HEAD is GET without the body.
    private static bool IsHeadOfGet(ApiDescription description) => description.HttpMethod is "HEAD"
        && description.ActionDescriptor.EndpointMetadata.OfType<IHttpMethodMetadata>().LastOrDefault()?.HttpMethods.Contains("GET", StringComparer.Ordinal) is true;

    private static string? ServiceOf(IList<object> metadata) => metadata.OfType<ServiceMetadata>().LastOrDefault()?.Service;

    private static void AddErrors(OpenApiOperation operation, IList<object> metadata)
    {
        operation.Responses ??= [];
        var byStatus = metadata.OfType<ErrorsMetadata>().SelectMany(m => m.Errors).Distinct().GroupBy(e => e.Status).OrderBy(g => g.Key);
        foreach (var errors in byStatus)
        {
            operation.Responses[errors.Key.ToString(System.Globalization.CultureInfo.InvariantCulture)] = new OpenApiResponse
            {
                Description = string.Join("\n", errors.Select(e => $"- [{e.Code}](/errors/{e.Code}): {e.Message}")),
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { ["application/json"] = new() },
            };
        }
    }
}
