using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;
using Stagedoor.Http.Describing;

namespace Stagedoor.Http;

/// <summary>What a service looks at before the body of a request is read and bound: each has errors of its own for it, and puts its gate before its operations with these.</summary>
public static class RequestGate
{
    /// <summary>Puts a check before the operations of a group, and lets it answer a body of another media type, which routing would else answer without a code.</summary>
    public static T Before<T>(this T group, Action<HttpContext> check)
        where T : IEndpointConventionBuilder
    {
        // Around the endpoint's delegate, since a filter runs only after the body was read and bound.
        group.Add(endpoint =>
        {
            var next = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = context =>
            {
                check(context);
                return next(context);
            };
        });
        group.Finally(static endpoint =>
        {
            for (var i = 0; i < endpoint.Metadata.Count; i++)
            {
                if (endpoint.Metadata[i] is IAcceptsMetadata accepts)
                {
                    endpoint.Metadata[i] = new AcceptsMetadata([.. accepts.ContentTypes, "*/*"], accepts.RequestType, accepts.IsOptional);
                }
            }
        });
        return group;
    }

    /// <summary>The operation takes a form with files, and says itself how large one may be.</summary>
    public static T ReadsForm<T>(this T builder)
        where T : IEndpointConventionBuilder => builder.WithMetadata(FormMetadata.Instance).ReadsContent("multipart/form-data").LimitBody(null);

    /// <summary>Whether the operation takes a form with files.</summary>
    public static bool TakesForm(this Endpoint? endpoint) => endpoint?.Metadata.GetMetadata<FormMetadata>() is not null;

    /// <summary>Whether a body may come with the request.</summary>
    public static bool CanHaveBody(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is not false;
    }

    /// <summary>Whether the body is said to be of this media type, whatever its parameters.</summary>
    public static bool IsOfType(this HttpRequest request, string mediaType)
    {
        ArgumentNullException.ThrowIfNull(request);
        return MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Reads no more of the body than this; whether as much can come at all.</summary>
    public static bool TryLimitBody(this HttpContext context, long bytes)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Request.ContentLength > bytes)
        {
            return false;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = bytes;
        }

        return true;
    }

    private sealed record FormMetadata
    {
        public static FormMetadata Instance { get; } = new();
    }
}
