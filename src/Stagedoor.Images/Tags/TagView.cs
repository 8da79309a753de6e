using System.Text.Json.Serialization;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Tags;

/// <summary>A tag in a list.</summary>
/// <remarks>
/// Tag: Its name, under a member that the original service writes with a capital letter.
/// </remarks>
internal sealed record TagItem(
    long Id,
    long RepoId,
    [property: JsonPropertyName("Tag")] string Tag,
    string ImageId,
    string Manifest,
    string Digest,
    int Schema,
    string Path,
    string InternalPath,
    long Size,
    bool IsTrusted,
    string Created,
    string Updated,
    string? Deleted,
    string DomainId,
    bool Scanned,
    int TagType)
{
    public static TagItem Of(OpenedRepository repository, TagRow tag, TagContent content, ImageHosts hosts)
    {
        var view = TagView.Of(repository, tag, content, hosts);
        return new(
            view.Id,
            view.RepoId,
            view.Tag,
            view.ImageId,
            view.Manifest,
            view.Digest,
            view.Schema,
            view.Path,
            view.InternalPath,
            view.Size,
            view.IsTrusted,
            view.Created,
            view.Updated,
            WireTime.Of(tag.DeletedAt),
            view.DomainId,
            false,
            view.TagType);
    }
}

/// <summary>A tag as the API shows a single one, and as its third version lists them.</summary>
internal sealed record TagView(
    long Id,
    long RepoId,
    string Tag,
    string ImageId,
    string Manifest,
    string Digest,
    int Schema,
    string Path,
    string InternalPath,
    long Size,
    bool IsTrusted,
    string Created,
    string Updated,
    string DomainId,
    int TagType)
{
    // What every manifest here says of itself; others are not taken.
    private const int SchemaVersion = 2;

    public static TagView Of(OpenedRepository repository, TagRow tag, TagContent content, ImageHosts hosts) => new(
        tag.Id,
        repository.Id,
        tag.Name,
        content.ImageId,
        content.Manifest,
        tag.Digest,
        SchemaVersion,
        $"{hosts.Path(repository.Organization.Name, repository.Name)}:{tag.Name}",
        $"{hosts.InternalPath(repository.Organization.Name, repository.Name)}:{tag.Name}",
        content.Size,
        false,
        WireTime.Of(tag.CreatedAt),
        WireTime.Of(tag.UpdatedAt),
        repository.Organization.DomainId,
        content.IsIndex ? 1 : 0);
}
