namespace Stagedoor.Testing;

/// <summary>Notes every coded error that passes, and compares whatever passes with the API description.</summary>
public sealed class ObservingHandler : DelegatingHandler
{
    private readonly ApiDescription? _description;

    /// <param name="services">Those of the host, whose routes make the description; null for a host that has none.</param>
    public ObservingHandler(IServiceProvider? services = null) => _description = services is null ? null : ApiDescription.Of(services);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (MayBeCoded(response) && await ObservedError.FindAsync(response, cancellationToken) is { } error)
        {
            Observations.Add(error);
        }

        if (_description is not null)
        {
            await _description.CompareAsync(request, response, cancellationToken);
        }

        return response;
    }

    // The trace service says success by a code too.
    private static bool MayBeCoded(HttpResponseMessage response) => (int)response.StatusCode >= 400
        || (response.RequestMessage?.RequestUri?.AbsolutePath.Contains("/at", StringComparison.Ordinal) is true
            && response.Content.Headers is { ContentType.MediaType: "application/json", ContentEncoding.Count: 0 });
}
