using Microsoft.OpenApi;
using Stagedoor.Http;

namespace Stagedoor.Operations;

/// <summary><c>GET /openapi/{service}.json</c>: each service's operations with the codes that each can answer, from the metadata the code runs on.</summary>
internal static class OpenApiDocuments
{
    private static readonly string[] s_services = ["images", "iam", "gateway"];

    internal static IServiceCollection AddOpenApiDocuments(this IServiceCollection services)
    {
        foreach (var service in s_services)
        {
            services.AddOpenApi(service, options =>
            {
                options.ShouldInclude = description => string.Equals(ServiceOf(description.ActionDescriptor.EndpointMetadata), service, StringComparison.Ordinal);
                options.AddDocumentTransformer((document, _, _) =>
                {
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
        routes.MapOpenApi("/openapi/{documentName}.json").Authenticate(AuthMode.None).Unthrottled();

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
