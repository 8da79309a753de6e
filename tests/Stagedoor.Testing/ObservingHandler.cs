namespace Stagedoor.Testing;

/// <summary>Notes every coded error that passes.</summary>
public sealed class ObservingHandler : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if ((int)response.StatusCode >= 400 && await ObservedError.FindAsync(response, cancellationToken) is { } error)
        {
            Observations.Add(error);
        }

        return response;
    }
}
