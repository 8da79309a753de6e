using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Stagedoor.Images.Tests.UploadSessions;

/// <summary>The calls that an upload in pieces consists of.</summary>
public sealed class SessionClient(HttpClient client)
{
    public const string Path = "/v2/manage/sessions";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public Task<HttpResponseMessage> TryBeginAsync(object request) => client.PostAsJsonAsync(Path, request, Cancellation);

    public async Task<string> BeginAsync(object request)
    {
        using var response = await TryBeginAsync(request);
        await Installation.ShouldBeAsync(response, 201);
        return (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("session_id").GetString()!;
    }

    public Task<string> BeginImageAsync(string organization = "team", string file = "image.tar") =>
        BeginAsync(new { type = "image", @namespace = organization, file_name = file });

    public async Task<HttpResponseMessage> AppendAsync(string id, byte[] content, long first, string file = "image.tar", string? range = null)
    {
        ArgumentNullException.ThrowIfNull(content);
        using var form = new MultipartFormDataContent { { new ByteArrayContent(content), "file", file } };
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{Path}/{id}/files/{Uri.EscapeDataString(file)}") { Content = form };
        request.Content.Headers.TryAddWithoutValidation(
            "Content-Range", range ?? string.Create(CultureInfo.InvariantCulture, $"bytes {first}-{first + content.Length - 1}/*"));
        return await client.SendAsync(request, Cancellation);
    }

    /// <summary>Sends a body as it is.</summary>
    public async Task<HttpResponseMessage> SendAsync(string id, string body, string type, string? range, string file = "image.tar")
    {
        ArgumentNullException.ThrowIfNull(body);
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes(body.ReplaceLineEndings("\r\n")));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        if (range is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Range", range);
        }

        return await client.PutAsync($"{Path}/{id}/files/{file}", content, Cancellation);
    }

    public async Task<long> AppendedAsync(string id, byte[] content, long first, string file = "image.tar")
    {
        using var response = await AppendAsync(id, content, first, file);
        await Installation.ShouldBeAsync(response, 200);
        return (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("offset").GetInt64();
    }

    public async Task<HttpResponseMessage> PatchAsync(string id, object request)
    {
        using var content = JsonContent.Create(request);
        return await client.PatchAsync($"{Path}/{id}", content, Cancellation);
    }

    public Task<HttpResponseMessage> FinishAsync(string id) => PatchAsync(id, new { status = "done" });

    public async Task<JsonElement> FinishedAsync(string id)
    {
        using var response = await FinishAsync(id);
        await Installation.ShouldBeAsync(response, 200);
        return await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
    }

    public Task<HttpResponseMessage> SubmitAsync(string id, object request) => client.PutAsJsonAsync($"{Path}/{id}/manifests", request, Cancellation);

    public Task<HttpResponseMessage> TryShowAsync(string id) => client.GetAsync($"{Path}/{id}", Cancellation);

    public async Task<JsonElement> ShowAsync(string id)
    {
        using var response = await TryShowAsync(id);
        await Installation.ShouldBeAsync(response, 200);
        return await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
    }

    public Task<HttpResponseMessage> DeleteAsync(string id) => client.DeleteAsync($"{Path}/{id}", Cancellation);

    public async Task DropAsync(string id)
    {
        using var response = await DeleteAsync(id);
        await Installation.ShouldBeAsync(response, 204);
    }
}
