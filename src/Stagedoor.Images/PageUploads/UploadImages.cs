using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Organizations;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.PageUploads;

/// <summary><c>POST /v2/manage/namespaces/{namespace}/images</c>: stores the images of archives that come as a form.</summary>
internal sealed class UploadImages(
    OrganizationAccess access, AccessStore grants, SpoolFolder folder, ArchiveReader reader, StoreArchives store, ImageAddresses addresses,
    IOptions<PageUploadOptions> options)
{
    private const string Repository = "repository";
    private const string Tag = "tag";

    internal sealed record Image(string Namespace, string Repository, string Tag, string Digest, long Size, string Path);

    internal sealed record UploadedArchive(string File, IReadOnlyList<Image> Images);

    public static void Map(IEndpointRouteBuilder routes) => Describe(routes.MapPost("/namespaces/{namespace}/images", HandleAsync)).WithName(nameof(UploadImages));

    /// <summary>The same under its older address, whose <c>{domain}</c> is the name of the caller's account.</summary>
    public static void MapAlias(IEndpointRouteBuilder routes) => Describe(routes.MapPut("/domains/{domain}/namespaces/{namespace}/images", HandleAliasAsync))
        .WithName(nameof(UploadImages) + "Legacy")
        .PathParameter("domain", "The name of the caller's account.")
        .CanFail(ImagesCodes.InvalidDomain);

    /// <summary>What becomes of files that were uploaded: their images are stored, or none.</summary>
    /// <param name="files">The files.</param>
    /// <param name="organization">Where they go.</param>
    /// <param name="repository">The repository of what has no name, or none but a tag; empty when none was given.</param>
    /// <param name="tag">The tag of what has no name at all; empty for the usual one.</param>
    /// <param name="caller">Who uploads.</param>
    /// <param name="host">The registry's address, for the answer.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<IReadOnlyList<UploadedArchive>> StoreAsync(
        IReadOnlyList<UploadedFile> files, Organization organization, string repository, string tag, Caller caller, string host, CancellationToken cancellationToken)
    {
        var archives = new List<OpenedArchive>(files.Count);
        try
        {
            foreach (var file in files)
            {
                archives.Add(await reader.OpenAsync(file, new(organization.Name, repository, tag), cancellationToken));
            }

            await store.CheckAsync(organization, caller, archives, cancellationToken);
            await store.StoreAsync(organization, caller, archives, cancellationToken);
            return [.. archives.Select(a => new UploadedArchive(a.Name, [.. a.Images.SelectMany(i => i.Names.Select(n => Of(organization.Name, n, i, host)))]))];
        }
        finally
        {
            archives.ForEach(static a => a.Dispose());
        }
    }

    /// <summary>The codes that reading an archive can end with.</summary>
    internal static ErrorDefinition[] Refusals =>
    [
        ImagesCodes.InvalidParameter,
        ImagesCodes.InvalidUploadType,
        ImagesCodes.InvalidFileName,
        ImagesCodes.FileTooLarge,
        ImagesCodes.OpenPackageFailed,
        ImagesCodes.UnsupportedImageFormat,
        ImagesCodes.ManifestFileMissing,
        ImagesCodes.UnparsableManifest,
        ImagesCodes.EmptyRepoTags,
        ImagesCodes.ConfigFileMissing,
        ImagesCodes.LayerFileMissing,
        ImagesCodes.InvalidImageFormat,
        ImagesCodes.InconsistentImageNames,
        ImagesCodes.InvalidImageName,
        ImagesCodes.InvalidVersion,
        ImagesCodes.InvalidDigest,
        .. StoreArchives.Refusals,
    ];

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route
        .WithSummary("Upload archives of images")
        .TakesForm()
        .SpeaksJson(PageUploadJson.Wire)
        .Answers<IReadOnlyList<UploadedArchive>>(201, "The images are stored.")
        .Action("swr:image:uploadImages")
        .Audit("postMultipartImagePackage", "image")
        .FaultsAs(ImagesCodes.SaveImageFailed)
        .CanFail(
            ImagesCodes.InvalidOrganizationName,
            ImagesCodes.OrganizationNotFound,
            ImagesCodes.CrossAccountDenied,
            ImagesCodes.NoEditableOrganization,
            ImagesCodes.ExternalAddressNotConfigured,
            ImagesCodes.ParseFormFailed,
            ImagesCodes.FormFileMissing,
            ImagesCodes.GetFormFileFailed,
            ImagesCodes.ParseFormFileFailed,
            ImagesCodes.ReadFormFileFailed)
        .CanFail(Refusals);

    private static Task<IResult> HandleAliasAsync(string domain, string @namespace, HttpContext context, Caller caller, UploadImages upload) =>
        domain.Length is 0 or > 64 || !domain.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')
            ? Task.FromResult<IResult>(ImagesError.InvalidDomain(domain))
            : !string.Equals(domain, caller.DomainName, StringComparison.Ordinal)
                ? Task.FromResult<IResult>(ImagesError.CrossAccountDenied($"domain={domain}"))
                : HandleAsync(@namespace, context, caller, upload);

    private static async Task<IResult> HandleAsync(string @namespace, HttpContext context, Caller caller, UploadImages upload)
    {
        var stored = await upload.RunAsync(@namespace, context, caller);
        context.AuditResource(string.Join(',', stored.SelectMany(static a => a.Images).Select(static i => $"{i.Namespace}/{i.Repository}:{i.Tag}")));
        return TypedResults.Json(stored, PageUploadJson.Wire.IReadOnlyListUploadedArchive, statusCode: StatusCodes.Status201Created);
    }

    private static Image Of(string organization, ImageName name, ArchivedImage image, string host) =>
        new(organization, name.Repository, name.Tag, image.Digest.ToString(), image.Size, $"{host}/{organization}/{name.Repository}:{name.Tag}");

    private async Task<IReadOnlyList<UploadedArchive>> RunAsync(string name, HttpContext context, Caller caller)
    {
        var cancellationToken = context.RequestAborted;
        var organization = await access.OpenAsync(name, caller, cancellationToken);
        await grants.RequireEditSomewhereAsync(caller, cancellationToken);
        var host = addresses.External(context);
        var files = new List<UploadedFile>();
        try
        {
            var (repository, tag) = await ReadAsync(UploadForm.Open(context, options.Value.MaxFormBytes), files, cancellationToken);
            return await StoreAsync(files, organization, repository, tag, caller, host, cancellationToken);
        }
        finally
        {
            files.ForEach(static f => f.Dispose());
        }
    }

    // Answers the repository and the tag for what has no name of its own.
    private async Task<(string Repository, string Tag)> ReadAsync(UploadForm form, List<UploadedFile> files, CancellationToken cancellationToken)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await form.FindNextAsync(cancellationToken) is { } part)
        {
            if (part.IsFile)
            {
                if (files.Count == PageUploadOptions.MaxFiles)
                {
                    throw ImagesError.TooManyFormFiles(PageUploadOptions.MaxFiles);
                }

                ArchiveFileName.Check(part.FileName);
                files.Add(await part.SpoolAsync(folder, options.Value.MaxFileBytes, cancellationToken));
            }
            else if (part.Name is Repository or Tag && !fields.TryAdd(part.Name, await part.ReadTextAsync(cancellationToken)))
            {
                throw ImagesError.RepeatedFormField(part.Name);
            }
        }

        var (repository, tag) = (fields.GetValueOrDefault(Repository, ""), fields.GetValueOrDefault(Tag, ""));
        return files.Count == 0 ? throw ImagesError.FormFileMissing()
            : repository.Length == 0 && tag.Length > 0 ? throw ImagesError.TagFieldWithoutRepository()
            : (repository, tag);
    }
}
