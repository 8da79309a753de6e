namespace Stagedoor.Images.Repositories;

/// <summary>A repository as the API shows it.</summary>
internal sealed record RepositoryView(
    long Id,
    long NsId,
    string Name,
    string Category,
    string Description,
    string CreatorId,
    string CreatorName,
    long Size,
    bool IsPublic,
    long NumImages,
    long NumDownload,
    string Url,
    string Path,
    string InternalPath,
    string Created,
    string Updated,
    string DomainId,
    int Priority);

/// <summary>A repository in a list.</summary>
/// <remarks>
/// TotalRange: How many there are in the whole list, in every item: clients page until they have as many.
/// </remarks>
internal sealed record RepositoryListItem(
    string Name,
    string Category,
    string Description,
    long Size,
    bool IsPublic,
    long NumImages,
    long NumDownload,
    string CreatedAt,
    string UpdatedAt,
    string Logo,
    string Url,
    string Path,
    string InternalPath,
    string DomainName,
    string Namespace,
    IReadOnlyList<string> Tags,
    bool Status,
    long TotalRange);
