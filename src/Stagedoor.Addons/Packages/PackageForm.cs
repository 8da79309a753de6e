using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Stagedoor.Content;
using Stagedoor.Content.Uploads;
using Stagedoor.Http;
using Stagedoor.Storage;

namespace Stagedoor.Addons.Packages;

/// <summary>A form with a package, read as it arrives: the package goes to where it is staged, the small parts into memory.</summary>
internal sealed class PackageForm : IAsyncDisposable
{
    public const int MaxLogoBytes = 256 * 1024;

    private const int MaxParameterBytes = 1024 * 1024;
    private const int MaxBoundary = 70;
    private const int MaxParts = 20;

    private BlobUpload? _upload;
    private bool _isTaken;

    /// <summary>The part <c>parameters</c>; empty where there is none.</summary>
    public string Parameters { get; private set; } = "";

    /// <summary>The part <c>logo</c> with its media type; null where there is none.</summary>
    public (byte[] Bytes, string Type)? Logo { get; private set; }

    /// <summary>The name of the file in the part <c>content</c>.</summary>
    public string FileName { get; private set; } = "";

    /// <summary>The staged package.</summary>
    public BlobUpload Upload => _upload!;

    /// <summary>Reads a form.</summary>
    /// <exception cref="ApiException">It is none, has no package, or a part is too large.</exception>
    public static async Task<PackageForm> ReadAsync(HttpRequest request, PackageStore packages, IOptions<AddonsOptions> options, CancellationToken cancellationToken)
    {
        var boundary = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) ? HeaderUtilities.RemoveQuotes(type.Boundary).ToString() : "";
        if (boundary.Length is 0 or > MaxBoundary)
        {
            throw AddonsError.Invalid("Content-Type", "names no boundary");
        }

        var form = new PackageForm();
        try
        {
            await form.ReadAsync(new(boundary, request.Body) { BodyLengthLimit = null }, packages, options.Value.MaxPackageBytes, cancellationToken);
            return form._upload is not null ? form : throw AddonsError.Invalid("content", "is required: the package, as a file");
        }
        catch (Exception e)
        {
            await form.DisposeAsync();
            throw FormProblem.IsOne(e) ? AddonsError.Invalid("body", "is no form, or ends before its last boundary") : e;
        }
    }

    /// <summary>The package is stored, or was there: nothing is left to be dropped.</summary>
    public void Take() => _isTaken = true;

    public async ValueTask DisposeAsync()
    {
        if (_upload is { } upload)
        {
            _upload = null;
            if (!_isTaken)
            {
                try
                {
                    await upload.AbortAsync();
                }
                catch (StorageException)
                {
                    // What is staged and can be dropped no longer takes room, and nothing else.
                }
            }

            await upload.DisposeAsync();
        }
    }

    private async Task ReadAsync(MultipartReader reader, PackageStore packages, long most, CancellationToken cancellationToken)
    {
        for (var parts = 0; await reader.ReadNextSectionAsync(cancellationToken) is { } section; parts++)
        {
            if (parts >= MaxParts)
            {
                throw AddonsError.Invalid("body", $"has at most {MaxParts} parts");
            }

            if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition))
            {
                throw AddonsError.Invalid("body", "has a part without a name");
            }

            switch (HeaderUtilities.RemoveQuotes(disposition.Name).ToString())
            {
                case "content" when _upload is null:
                    FileName = Text.Repair(Text.Cut(HeaderUtilities.RemoveQuotes(disposition.FileName).ToString(), 200));
                    _upload = await packages.BeginAsync(cancellationToken);
                    if (await _upload.ReceiveAsync(section.Body, BlobHash.Sha256, most, cancellationToken) is not { IsOver: false })
                    {
                        throw AddonsError.Invalid("content", $"has at most {most} bytes (Addons:MaxPackageBytes)");
                    }

                    break;
                case "content":
                    throw AddonsError.Invalid("content", "is there twice");
                case "parameters":
                    Parameters = TextOf(await BytesAsync(section.Body, "parameters", MaxParameterBytes, cancellationToken));
                    break;
                case "logo":
                    var logo = await BytesAsync(section.Body, "logo", MaxLogoBytes, cancellationToken);
                    Logo = (logo, LogoType(logo));
                    break;
                default:
                    break;
            }
        }
    }

    private static async Task<byte[]> BytesAsync(Stream body, string part, int most, CancellationToken cancellationToken)
    {
        var bytes = new byte[most + 1];
        var length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return length <= most ? bytes[..length] : throw AddonsError.Invalid(part, $"has at most {most} bytes");
    }

    private static string TextOf(byte[] bytes)
    {
        try
        {
            return new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (System.Text.DecoderFallbackException)
        {
            throw AddonsError.Invalid("parameters", "is no UTF-8");
        }
    }

    private static string LogoType(ReadOnlySpan<byte> bytes) =>
        bytes is [0x89, (byte)'P', (byte)'N', (byte)'G', ..] ? "image/png"
        : bytes.IndexOf("<svg"u8) is >= 0 and < 1024 ? "image/svg+xml"
        : throw AddonsError.Invalid("logo", "has to be a PNG or SVG picture");
}
