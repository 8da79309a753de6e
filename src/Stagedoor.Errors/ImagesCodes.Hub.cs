namespace Stagedoor.Errors;

// The image center: public images, curated lists, favourites, search.
public static partial class ImagesCodes
{
    public static readonly ErrorDefinition ImageListNotFound = Tables.Swr.Add(
        404, "4040009", "The image list does not exist.",
        en: new(
            "There is no curated list of this name in the image center.",
            "Use official, recommended or one that your operator defined; a list that exists but is empty answers [] instead."),
        zh: new(
            "镜像中心没有该名称的精选列表。",
            "请使用 official、recommended 或运维自定义的列表；存在但为空的列表会返回 []。"),
        provoke: "Get a curated list that does not exist.",
        provokeChinese: "查询一个不存在的精选列表。");

    public static readonly ErrorDefinition ImageResourceNotFound = Tables.Swr.Add(
        404, "4040113", "The image resource does not exist.",
        en: new(
            "The image center shows public images only, and this one is private or does not exist.",
            "Look it up with GET /v2/manage/hub/images?filter=name::{name}; if it is your own private image, use " +
            "…/namespaces/{namespace}/repos/{repository} instead."),
        zh: new(
            "镜像中心只展示公开镜像，而该镜像是私有的或不存在。",
            "请用 GET /v2/manage/hub/images?filter=name::{名称} 查找；如果是自己的私有镜像，请使用 " +
            "…/namespaces/{namespace}/repos/{repository}。"),
        provoke: "Get a private repository through the image center.",
        provokeChinese: "通过镜像中心查询一个私有镜像仓库。");

    public static readonly ErrorDefinition HubTagNotFound = Tables.Swr.Add(
        404, "4040115", "The image version does not exist.",
        en: new(
            "The public image exists, but not in this version.",
            "Choose one from GET /v2/manage/hub/images/{namespace}/{repository}/tags; its owner may have deleted or moved the tag."),
        zh: new(
            "公开镜像存在，但没有该版本。",
            "请从 GET /v2/manage/hub/images/{namespace}/{repository}/tags 中选择；可能已被所有者删除或改名。"),
        provoke: "Get an unknown tag of a public image through the image center.",
        provokeChinese: "通过镜像中心查询公开镜像的一个不存在的版本。");

    public static readonly ErrorDefinition GetImageResourceFailed = Tables.Swr.Add(
        500, "5000112", "Internal server error: failed to get the image resource.",
        en: new(
            "The image center's catalogue or a curated list could not be read.",
            "Pulling public images does not depend on it; operator: check the tables of lists and repositories."),
        zh: new(
            "镜像中心的目录或精选列表无法读取。",
            "下载公开镜像不依赖它；运维请检查精选列表与镜像仓库的数据表。"),
        provoke: "Make the table of curated lists unreadable and get one.",
        provokeChinese: "使精选列表的数据表不可读，然后查询列表。");

    public static readonly ErrorDefinition GetHubTagFailed = Tables.Swr.Add(
        500, "5000114", "Internal server error: failed to get the image version.",
        en: new(
            "The versions of a public image could not be read for the image center.",
            "Ask the registry itself with GET /v2/{name}/tags/list: if that fails too it is the tag table, otherwise repeat the call."),
        zh: new(
            "镜像中心无法读取公开镜像的版本。",
            "请直接访问镜像仓库的 GET /v2/{name}/tags/list：如果也失败则是 tag 数据表的问题，否则请重试。"),
        provoke: "Make the table of tags unreadable and list a public image's versions in the image center.",
        provokeChinese: "使 tag 数据表不可读，然后在镜像中心列出公开镜像的版本。");

    public static readonly ErrorDefinition SearchInputMissing = Tables.Swr.Add(
        400, "4000055", "The search input is missing.",
        en: new(
            "A search was sent without words to search for, or with blanks only.",
            "Add q, for example /v2/manage/search?q=nginx; to see everything use the list of repositories."),
        zh: new(
            "搜索时没有给出关键字，或只有空格。",
            "请加上 q，例如 /v2/manage/search?q=nginx；要查看全部请使用镜像列表。"),
        provoke: "Search with q empty.",
        provokeChinese: "以空的 q 搜索。");

    public static readonly ErrorDefinition SearchFailed = Tables.Swr.Add(
        500, "5001039", "The search failed.",
        en: new(
            "The search over images and packages could not be carried out.",
            "Use GET /v2/manage/repos?name={words} meanwhile; when that works, only the search query is too slow for this amount of " +
            "data."),
        zh: new(
            "对镜像和软件包的搜索无法执行。",
            "可暂时使用 GET /v2/manage/repos?name={关键字}；如果它正常，则只是搜索在当前数据量下过慢。"),
        provoke: "Make the table of repositories unreadable and search.",
        provokeChinese: "使镜像仓库的数据表不可读，然后搜索。");
}
