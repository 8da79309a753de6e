using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;

namespace Stagedoor.Discovery.Requests;

/// <summary>
/// An answer that goes out while it is made, so that its size costs no memory. Open it when nothing can be refused any more: after the first piece
/// a fault has no code.
/// </summary>
internal sealed class JsonStream : IAsyncDisposable
{
    private const int FlushBytes = 64 * 1024;
    private readonly PipeWriter _body;
    private readonly CancellationToken _aborted;
    private long _flushed;

    public JsonStream(HttpContext context)
    {
        context.Response.ContentType = Wire.ContentType;
        (_body, _aborted) = (context.Response.BodyWriter, context.RequestAborted);
        Json = new(_body, ErrorBody.Json);
    }

    public Utf8JsonWriter Json { get; }

    /// <summary>Sends what is written if it is enough for a piece, and waits for a reader that is slow.</summary>
    public async ValueTask FlushAsync()
    {
        if (Json.BytesCommitted + Json.BytesPending - _flushed >= FlushBytes)
        {
            // The writer first: it holds a part of the body's buffer that the body does not know to be written.
            Json.Flush();
            _flushed = Json.BytesCommitted;
            await _body.FlushAsync(_aborted);
        }
    }

    public ValueTask DisposeAsync() => Json.DisposeAsync();
}
